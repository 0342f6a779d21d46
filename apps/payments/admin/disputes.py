"""Pages of disputes. Each ends with the payment's trail: `payments/trail.html`."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import Dispute


@admin.register(Dispute)
class DisputeAdmin(EnvironmentAdmin):
    """Money that payers ask back from their banks."""

    id_prefix = "dp"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = ("id", "amount", "status_badge", "reason", "due_by", "charge_link", "created_at")
    list_filter = ("status", "currency", "reason", DAYS)
    list_select_related = ("charge",)
    search_fields = (
        *("id__startswith", "charge__id__exact", "payment_intent__id__exact"),
        *("processor_reference__exact", "charge__customer__email__icontains"),
    )
    search_help_text = "Id, charge, e-mail"
    fields = (
        *(("id", "created_at"), ("status_badge", "amount"), ("reason", "network_reason_code")),
        *(("charge", "payment_intent"), ("due_by", "closed_at"), ("fee", "submission_count")),
        *(("withdrawn_at", "reinstated_at"), ("processor_reference", "account_id")),
        *("evidence_json", "metadata_json"),
    )

    amount = columns.money("amount_minor")
    fee = columns.money("fee_minor", "fee")
    status_badge = columns.badge("status")
    charge_link = columns.link("charge")
    evidence_json = columns.json_of("evidence")
    metadata_json = columns.json_of("metadata")
