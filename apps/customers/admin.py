"""Pages of customers."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DAYS, DayFilter, EnvironmentAdmin
from apps.customers.models import CreditTransaction, Customer, TaxId


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
            ("payments_paymentintent", "Payments"),
            ("payments_charge", "Charges"),
            ("payments_paymentmethod", "Payment methods"),
            ("customers_credittransaction", "Credit"),
            ("customers_taxid", "Tax ids"),
        ):
            url = reverse(f"admin:{name}_changelist")
            links.append(columns.link_html(f"{url}?customer__id__exact={customer.pk}", text))
        return format_html(" · ".join(["{}"] * len(links)), *links)


@admin.register(CreditTransaction)
class CreditTransactionAdmin(EnvironmentAdmin):
    """What customers are owed and owe, change by change."""

    id_prefix = "cbtxn"
    list_display = ("id", "customer_link", "amount", "ending", "type", "created_at")
    list_filter = ("type", "currency", DAYS)
    list_select_related = ("customer",)
    search_fields = ("id__startswith", "customer__id__exact", "customer__email__icontains")
    search_help_text = "Id, or the customer's id or e-mail"
    fields = (
        *(("id", "created_at"), ("amount", "ending"), ("customer", "type"), "description"),
        *("account_id", "metadata_json"),
    )

    customer_link = columns.link("customer")
    amount = columns.money("amount_minor")
    ending = columns.money("ending_minor", "balance after it")
    metadata_json = columns.json_of("metadata")


@admin.register(TaxId)
class TaxIdAdmin(EnvironmentAdmin):
    """Under which numbers customers, and the account itself, are known to tax authorities."""

    id_prefix = "txi"
    list_display = ("id", "type", "value", "country", "customer_link", "created_at")
    list_filter = ("type", "country", DAYS)
    list_select_related = ("customer",)
    search_fields = ("id__startswith", "value__iexact", "customer__id__exact")
    search_help_text = "Id, number, or the id of the customer"
    fields = (
        *(("id", "created_at"), ("type", "value"), ("country", "customer")),
        *("verification_json", "deleted_at", "account_id"),
    )

    customer_link = columns.link("customer")
    verification_json = columns.json_of("verification")
