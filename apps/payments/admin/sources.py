"""Pages of cards, bank accounts and sources of the old kind."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import Source


@admin.register(Source)
class SourceAdmin(EnvironmentAdmin):
    """What older integrations know of a customer's ways to pay."""

    id_prefix = "src"
    list_display = ("id", "kind", "type", "status_badge", "customer_link", "created_at")
    list_filter = ("kind", "type", "status", DAYS)
    list_select_related = ("customer",)
    search_fields = ("id__startswith", "customer__id__exact", "payment_method__id__exact")
    search_help_text = "Id, or the id of the customer or the payment method"
    fields = (
        *(("id", "created_at"), ("kind", "type"), ("status_badge", "usage")),
        *(("customer", "payment_method"), ("attempts_left", "deleted_at")),
        *("owner_json", "account_id", "metadata_json"),
    )

    customer_link = columns.link("customer")
    status_badge = columns.badge("status")
    owner_json = columns.json_of("owner")
    metadata_json = columns.json_of("metadata")
