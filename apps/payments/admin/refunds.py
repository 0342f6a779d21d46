"""Pages of refunds. Each ends with the payment's trail: `payments/trail.html`."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import Refund


@admin.register(Refund)
class RefundAdmin(EnvironmentAdmin):
    """Money that goes back."""

    id_prefix = "re"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = ("id", "amount", "status_badge", "reason", "charge_link", "created_at")
    list_filter = ("status", "currency", "reason", DAYS)
    list_select_related = ("charge",)
    search_fields = (
        *("id__startswith", "charge__id__exact", "payment_intent__id__exact"),
        *("charge__payment_method__last4__exact", "charge__customer__email__icontains"),
    )
    search_help_text = "Id, e-mail, last four"
    fields = (
        *(("id", "created_at"), ("status_badge", "amount"), ("reason", "failure_reason")),
        *(("charge", "payment_intent"), ("balance_transaction", "failure_transaction")),
        *(("failed_at", "account_id"), "destination_json", "metadata_json"),
    )

    amount = columns.money("amount_minor")
    status_badge = columns.badge("status")
    charge_link = columns.link("charge")
    balance_transaction = columns.id_link("balance_transaction_id", "balance transaction")
    failure_transaction = columns.id_link("failure_balance_transaction_id", "put back by")
    destination_json = columns.json_of("destination")
    metadata_json = columns.json_of("metadata")
