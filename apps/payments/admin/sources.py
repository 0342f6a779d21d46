"""Pages of tokens, and of cards, bank accounts and sources of the old kind."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import Source, Token


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


@admin.register(Token)
class TokenAdmin(EnvironmentAdmin):
    """Cards and bank accounts that were sent, and whether they have been used."""

    id_prefix = "tok"
    list_display = ("id", "type", "used_at", "created_at")
    list_filter = ("type", ("used_at", admin.EmptyFieldListFilter), DAYS)
    search_fields = ("id__startswith", "object_id__exact")
    search_help_text = "Id, or the id of what it became"
    fields = ("id", "type", "object_id", "used_at", "account_id", "created_at")
