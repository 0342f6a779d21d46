"""Pages of payments: what was wanted, what was asked of processors, what came of it.

The pages of payments, charges and refunds end with the payment's trail: `payments/trail.html`.
"""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DayFilter, EnvironmentAdmin
from apps.payments.models import Attempt, Charge, PaymentIntent, PaymentMethod, Refund

DAYS = ("created_at", DayFilter)


@admin.register(PaymentMethod)
class PaymentMethodAdmin(EnvironmentAdmin):
    """What customers pay with. The processor's token is not shown."""

    id_prefix = "pm"
    is_found = True
    list_display = ("card", "id", "customer_link", "expires", "funding", "country", "created_at")
    list_filter = ("brand", "funding", DAYS)
    list_select_related = ("customer",)
    search_fields = (
        *("id__startswith", "last4__exact", "customer__id__exact", "customer__email__icontains"),
        "fingerprint__exact",
    )
    search_help_text = "Id, last four, e-mail, fingerprint"
    fields = (
        *("id", "type", "card", "expires", "funding", "country", "fingerprint", "customer"),
        *("billing_json", "account_id", "created_at", "metadata_json"),
    )

    customer_link = columns.link("customer")
    billing_json = columns.json_of("billing_details")
    metadata_json = columns.json_of("metadata")

    @admin.display(description="card", ordering="last4")
    def card(self, method: PaymentMethod) -> str:
        """Return brand and last four."""
        return str(method)

    @admin.display(description="expires")
    def expires(self, method: PaymentMethod) -> str:
        """Return the month: `04/2030`."""
        return f"{method.exp_month:02}/{method.exp_year}"


@admin.register(PaymentIntent)
class PaymentIntentAdmin(EnvironmentAdmin):
    """The payments."""

    id_prefix = "pi"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = (
        *("id", "amount", "status_badge", "card", "customer_link", "description_short"),
        "created_at",
    )
    list_filter = ("status", "currency", "capture_method", DAYS)
    list_select_related = ("customer", "payment_method")
    search_fields = (
        *("id__startswith", "customer__email__icontains", "receipt_email__icontains"),
        *("payment_method__last4__exact", "customer__id__exact", "latest_charge__id__exact"),
        "description__icontains",
    )
    search_help_text = "Id, e-mail, last four, description"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *(("id", "created_at"), ("status_badge", "amount"), ("received", "capturable")),
                    *(("customer", "card"), ("description", "latest_charge")),
                )
            },
        ),
        (
            "Details",
            {
                "classes": ("collapse",),
                "fields": (
                    *("account_id", "capture_method", "confirmation_method"),
                    *("receipt_email", "setup_future_usage", "statement_descriptor"),
                    *("statement_descriptor_suffix", "transfer_group", "canceled_at"),
                    *("cancellation_reason", "error_json", "shipping_json", "metadata_json"),
                ),
            },
        ),
    )

    amount = columns.money("amount_minor")
    received = columns.money("amount_received_minor", "received")
    capturable = columns.money("amount_capturable_minor", "capturable")
    status_badge = columns.badge("status")
    customer_link = columns.link("customer")
    description_short = columns.short("description", length=40)
    error_json = columns.json_of("last_payment_error", "last error")
    shipping_json = columns.json_of("shipping")
    metadata_json = columns.json_of("metadata")

    @admin.display(description="card", ordering="payment_method__last4")
    def card(self, intent: PaymentIntent) -> SafeString | None:
        """Return what it is paid with."""
        return card_html(intent.payment_method)


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
        *(("charge", "payment_intent"), ("balance_transaction", "account_id"), "metadata_json"),
    )

    amount = columns.money("amount_minor")
    status_badge = columns.badge("status")
    charge_link = columns.link("charge")
    balance_transaction = columns.id_link("balance_transaction_id", "balance transaction")
    metadata_json = columns.json_of("metadata")


@admin.register(Attempt)
class AttemptAdmin(EnvironmentAdmin):
    """Orders to processors."""

    id_prefix = "att"
    list_display = (*("id", "kind", "amount", "status_badge", "code", "intent", "created_at"),)
    list_filter = ("status", "kind", "processor", "currency", DAYS)
    list_select_related = ("payment_intent",)
    search_fields = ("id__startswith", "payment_intent__id__exact", "refund__id__exact")
    search_help_text = "Id of an attempt, a payment or a refund"
    fields = (
        *(("id", "kind"), ("status_badge", "code"), ("amount", "processor")),
        *(("payment_intent", "refund"), ("created_at", "settled_at"), "details_json"),
    )

    amount = columns.money("amount_minor")
    status_badge = columns.badge("status")
    intent = columns.link("payment_intent")
    details_json = columns.json_of("details")


def card_html(method: PaymentMethod | None) -> SafeString | None:
    """Return brand and last four, with a link to the payment method."""
    return None if method is None else columns.link_html(columns.url_of(method), method)


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
