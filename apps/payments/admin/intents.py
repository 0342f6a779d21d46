"""Pages of the payments. Each ends with its trail: `payments/trail.html`."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.admin.methods import card_html
from apps.payments.models import PaymentIntent


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
