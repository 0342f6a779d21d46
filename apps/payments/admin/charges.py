"""Pages of charges. Each ends with the payment's trail: `payments/trail.html`."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.admin.methods import card_html
from apps.payments.models import Charge


@admin.register(Charge)
class ChargeAdmin(EnvironmentAdmin):
    """Tries to collect money."""

    id_prefix = "ch"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = (
        *("id", "captured_money", "refunded_money", "state", "card", "failure"),
        "created_at",
    )
    list_filter = ("status", "is_captured", "currency", "processor", "failure_code", DAYS)
    list_select_related = ("payment_method",)
    search_fields = (
        *("id__startswith", "payment_intent__id__exact", "customer__email__icontains"),
        *("customer__id__exact", "payment_method__last4__exact", "balance_transaction_id__exact"),
    )
    search_help_text = "Id, e-mail, last four"
    fields = (
        *(("id", "created_at"), ("state", "amount"), ("captured_money", "refunded_money")),
        *(("payment_intent", "balance_transaction"), ("customer", "card")),
        *(("processor", "attempt_link"), ("available_on", "account_id"), "description"),
        *(("failure_code", "decline_code"), "failure_message"),
        *("method_json", "billing_json", "metadata_json"),
    )

    amount = columns.money("amount_minor")
    captured_money = columns.money("amount_captured_minor", "captured")
    refunded_money = columns.money("amount_refunded_minor", "refunded")
    failure = columns.short("failure_code", "failure")
    attempt_link = columns.id_link("attempt_reference", "attempt")
    balance_transaction = columns.id_link("balance_transaction_id", "balance transaction")
    method_json = columns.json_of("payment_method_details")
    billing_json = columns.json_of("billing_details")
    metadata_json = columns.json_of("metadata")

    @admin.display(description="card", ordering="payment_method__last4")
    def card(self, charge: Charge) -> SafeString | None:
        """Return what was charged."""
        return card_html(charge.payment_method)

    @admin.display(description="status", ordering="status")
    def state(self, charge: Charge) -> SafeString:
        """Return its status, or what happened to its money since."""
        return columns.badge_html(state_of(charge))


def state_of(charge: Charge) -> str:
    """Return in a word how a charge stands: its status, or what became of its money."""
    if charge.status != "succeeded":
        return str(charge.status)
    if charge.is_released:
        return "canceled"
    if not charge.is_captured:
        return "uncaptured"
    if not charge.refunded:
        return "succeeded"
    return "refunded" if charge.refunded == charge.captured else "partially refunded"
