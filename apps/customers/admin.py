"""Pages of customers."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DayFilter, EnvironmentAdmin
from apps.customers.models import Customer


@admin.register(Customer)
class CustomerAdmin(EnvironmentAdmin):
    """Who pays the merchants."""

    id_prefix = "cus"
    is_found = True
    list_display = ("label", "id", "email", "phone", "description_short", "created_at")
    list_filter = (("created_at", DayFilter), ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("id__startswith", "email__icontains", "name__icontains", "phone__exact")
    search_help_text = "Id, e-mail, name or phone"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *(("id", "name"), ("email", "phone"), ("payments", "default_payment_method")),
                    *(("created_at", "deleted_at"), "description"),
                )
            },
        ),
        (
            "Details",
            {
                "classes": ("collapse",),
                "fields": (
                    *(("business_name", "individual_name"), ("tax_exempt", "invoice_prefix")),
                    *("account_id", "address_json", "shipping_json", "metadata_json"),
                ),
            },
        ),
    )

    description_short = columns.short("description")
    default_payment_method = columns.id_link("default_payment_method_id", "default payment method")
    address_json = columns.json_of("address")
    shipping_json = columns.json_of("shipping")
    metadata_json = columns.json_of("metadata")

    @admin.display(description="name", ordering="name")
    def label(self, customer: Customer) -> str:
        """Return the name, or else the e-mail address or the id."""
        return str(customer)

    @admin.display(description="payments")
    def payments(self, customer: Customer) -> SafeString:
        """Return links to what the customer has paid, and with what."""
        links: list[Any] = []
        for name, text in (
            ("paymentintent", "Payments"),
            ("charge", "Charges"),
            ("paymentmethod", "Payment methods"),
        ):
            url = reverse(f"admin:payments_{name}_changelist")
            links.append(columns.link_html(f"{url}?customer__id__exact={customer.pk}", text))
        return format_html("{} · {} · {}", *links)
