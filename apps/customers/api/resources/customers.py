"""How a customer looks on the wire."""

from typing import Any

from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.customers.models import Customer


def render_customer(customer: Customer) -> Wire:
    """Return the wire's customer, or what is left to say of a deleted one."""
    if customer.deleted_at is not None:
        return {"id": customer.id, "object": "customer", "deleted": True}
    shown: Wire = {
        "id": customer.id,
        "object": "customer",
        "address": customer.address,
        "balance": 0,
        "created": to_unix(customer.created_at),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": customer.description,
        "discount": None,
        "email": customer.email,
        "invoice_prefix": customer.invoice_prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": customer.default_payment_method_id,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": context.current().environment.livemode,
        "metadata": customer.metadata,
        "name": customer.name,
        "next_invoice_sequence": 1,
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


def _find(ids: Any) -> dict[str, Customer]:
    return Customer.objects.owned().in_bulk(list(ids))


RESOURCES = (
    ResourceType(
        prefix="cus",
        name="customer",
        model=Customer,
        render=render_customer,
        find_many=_find,
        is_hub=True,
        expandable={
            "default_source": (),
            "invoice_settings.default_payment_method": ("payment_method",),
            "test_clock": (),
        },
    ),
)
