"""How a customer looks on the wire."""

from apps.api import paging
from apps.api.registry import NestedList, NestedObject, ResourceType, Wire, render
from apps.core import context
from apps.core.clock import to_unix
from apps.customers import queries
from apps.customers.models import Customer


def render_customer(customer: Customer) -> Wire:
    """Return the wire's customer, or what is left to say of a deleted one."""
    if customer.deleted_at is not None:
        return {"id": customer.id, "object": "customer", "deleted": True}
    shown: Wire = {
        "id": customer.id,
        "object": "customer",
        "address": customer.address,
        "balance": _balance(customer),
        "created": to_unix(customer.created_at),
        "currency": customer.currency,
        "customer_account": None,
        "default_source": customer.default_source_id,
        "delinquent": False,
        "description": customer.description,
        "discount": None,
        "email": customer.email,
        "invoice_prefix": customer.invoice_prefix,
        "invoice_settings": {
            "custom_fields": customer.invoice_settings.get("custom_fields"),
            "default_payment_method": customer.default_payment_method_id,
            "footer": customer.invoice_settings.get("footer"),
            "rendering_options": customer.invoice_settings.get("rendering_options"),
        },
        "livemode": context.current().environment.livemode,
        "metadata": customer.metadata,
        "name": customer.name,
        "next_invoice_sequence": customer.next_invoice_sequence,
        "phone": customer.phone,
        "preferred_locales": customer.preferred_locales,
        "shipping": customer.shipping,
        "tax_exempt": customer.tax_exempt,
        "test_clock": None,
    }
    # The wire knows no null for these two: without a value they are left out.
    for name in ("business_name", "individual_name"):
        if getattr(customer, name) is not None:
            shown[name] = getattr(customer, name)
    return shown


def _balance(customer: Customer) -> int:
    """Return what the customer owes; less than 0: what it is owed."""
    if not customer.has_credit:
        return 0
    assert customer.credit_minor is not None
    return -customer.credit_minor


def _tax_ids_of(customer: Wire) -> Wire:
    """Return the nested list of a customer's tax ids, its first page."""
    page = paging.page(queries.list_tax_ids(customer_id=customer["id"]), {})
    return {
        "object": "list",
        "data": [render(tax_id) for tax_id in page.rows],
        "has_more": page.has_more,
        "url": f"/v1/customers/{customer['id']}/tax_ids",
    }


def _no_subscriptions(customer: Wire) -> Wire:
    """Return the nested list of a customer's subscriptions, of which there are none yet."""
    url = f"/v1/customers/{customer['id']}/subscriptions"
    return {"object": "list", "data": [], "has_more": False, "url": url}


def _credit_by_currency(customer: Wire) -> Wire:
    """Return the balance by currency: a customer has one at most."""
    return {customer["currency"]: customer["balance"]} if customer["currency"] else {}


RESOURCES = (
    ResourceType(
        prefix="cus",
        name="customer",
        model=Customer,
        render=render_customer,
        find_many=queries.find_customers,
        is_hub=True,
        expandable={
            "default_source": ("bank_account", "card", "source"),
            "invoice_settings.default_payment_method": ("payment_method",),
            "test_clock": (),
        },
        lists={
            "invoice_credit_balance": NestedObject("", _credit_by_currency),
            "subscriptions": NestedList("", _no_subscriptions),
            "tax_ids": NestedList("tax_id", _tax_ids_of),
        },
    ),
)
