"""Pages of what customers pay with."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import PaymentMethod


@admin.register(PaymentMethod)
class PaymentMethodAdmin(EnvironmentAdmin):
    """What customers pay with. The processor's token is not shown."""

    id_prefix = "pm"
    is_found = True
    list_display = ("name", "id", "customer_link", "expires", "funding", "country", "created_at")
    list_filter = ("type", "brand", "funding", DAYS)
    list_select_related = ("customer",)
    search_fields = (
        *("id__startswith", "last4__exact", "customer__id__exact", "customer__email__icontains"),
        "fingerprint__exact",
    )
    search_help_text = "Id, last four, e-mail, fingerprint"
    fields = (
        *("id", "type", "name", "expires", "funding", "country", "fingerprint", "customer"),
        *("verified_at", "details_json"),
        *("billing_json", "account_id", "created_at", "metadata_json"),
    )

    customer_link = columns.link("customer")
    details_json = columns.json_of("details")
    billing_json = columns.json_of("billing_details")
    metadata_json = columns.json_of("metadata")

    @admin.display(description="payment method", ordering="last4")
    def name(self, method: PaymentMethod) -> str:
        """Return brand or type, and last four."""
        return str(method)

    @admin.display(description="expires")
    def expires(self, method: PaymentMethod) -> str | None:
        """Return the month of a card: `04/2030`."""
        return f"{method.exp_month:02}/{method.exp_year}" if method.exp_month else None


def card_html(method: PaymentMethod | None) -> SafeString | None:
    """Return brand or type, and last four, with a link to the payment method."""
    return None if method is None else columns.link_html(columns.url_of(method), method)
