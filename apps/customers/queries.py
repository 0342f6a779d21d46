"""Reads of customers. Everything here is limited to the account of the current context."""

from django.db.models import QuerySet

from apps.core.errors import Invalid, not_found
from apps.customers.models import Customer


def list_customers(*, email: str | None = None) -> QuerySet[Customer]:
    """Return the customers that are not deleted."""
    rows = Customer.objects.owned().filter(deleted_at=None)
    return rows if email is None else rows.filter(email=email)


def get_customer(customer_id: str, *, for_update: bool = False) -> Customer:
    """Return the customer, deleted or not.

    :raises NotFound: there is none with this id.
    """
    rows = Customer.objects.owned()
    if for_update:
        # Not FOR UPDATE: payments that refer to the row may be inserted meanwhile.
        rows = rows.select_for_update(no_key=True)
    customer = rows.filter(pk=customer_id).first()
    if customer is None:
        raise not_found("customer", customer_id)
    return customer


def require_customer(customer_id: str, *, param: str = "customer") -> Customer:
    """Return the customer that a parameter names.

    :raises Invalid: there is none with this id, or it is deleted.
    """
    customer = Customer.objects.owned().filter(pk=customer_id, deleted_at=None).first()
    if customer is None:
        raise Invalid(f"No such customer: '{customer_id}'", code="resource_missing", param=param)
    return customer
