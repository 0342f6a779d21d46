"""Pages of what customers transferred, and of what took it."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import CashTransaction


@admin.register(CashTransaction)
class CashTransactionAdmin(EnvironmentAdmin):
    """Changes of the cash of customers. Each ends with its trail, down to the ledger."""

    id_prefix = "ccsbtxn"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = ("id", "type", "net", "ending", "customer_link", "intent", "created_at")
    list_filter = ("type", "currency", DAYS)
    list_select_related = ("customer", "payment_intent")
    search_fields = (
        *("id__startswith", "customer__id__exact", "customer__email__icontains"),
        *("payment_intent__id__exact", "refund__id__exact", "transfer__exact"),
    )
    search_help_text = "Id, e-mail, id of a payment, a refund or a transfer"
    fields = (
        *(("id", "created_at"), ("type", "customer"), ("net", "ending")),
        *(("payment_intent", "refund"), ("transfer", "account_id"), "details_json"),
    )

    net = columns.money("net_minor", "change")
    ending = columns.money("ending_minor", "balance after it")
    customer_link = columns.link("customer")
    intent = columns.link("payment_intent")
    details_json = columns.json_of("details")
