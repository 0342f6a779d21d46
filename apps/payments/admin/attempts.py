"""Pages of orders to processors."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import Attempt


@admin.register(Attempt)
class AttemptAdmin(EnvironmentAdmin):
    """Orders to processors."""

    id_prefix = "att"
    list_display = (*("id", "kind", "amount", "status_badge", "code", "intent", "created_at"),)
    list_filter = ("status", "kind", "processor", "currency", DAYS)
    list_select_related = ("payment_intent",)
    search_fields = (
        *("id__startswith", "payment_intent__id__exact", "charge__id__exact", "refund__id__exact"),
    )
    search_help_text = "Id of an attempt, a payment, a charge or a refund"
    fields = (
        *(("id", "kind"), ("status_badge", "code"), ("amount", "processor")),
        *(("payment_intent", "charge"), ("refund", "account_id")),
        *(("created_at", "settled_at"), ("enquiries", "next_enquiry_at")),
        *("action_json", "details_json"),
    )

    amount = columns.money("amount_minor")
    status_badge = columns.badge("status")
    intent = columns.link("payment_intent")
    action_json = columns.json_of("action")
    details_json = columns.json_of("details")
