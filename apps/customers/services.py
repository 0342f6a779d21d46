"""Use cases of customers."""

from datetime import datetime
from typing import Any

from apps.api import registry
from apps.api.params import merge_metadata
from apps.core import context, ids
from apps.core.errors import not_found
from apps.core.use_cases import use_case
from apps.customers import queries
from apps.customers.models import Customer
from apps.events import services as events

INVOICE_PREFIX_LENGTH = 8


@use_case
def create_customer(*, given: dict[str, Any], now: datetime) -> Customer:
    """Make a customer.

    :param given: fields by name, as `apps.customers.api.views.customers.CREATE` parses them.
    """
    fields = _columns(given)
    fields.setdefault("invoice_prefix", ids.random_text(INVOICE_PREFIX_LENGTH).upper())
    customer = Customer.objects.create(
        id=ids.new_id("cus"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        **fields,
    )
    events.record([events.Change("customer.created", customer)])
    return customer


@use_case
def update_customer(*, customer_id: str, given: dict[str, Any]) -> Customer:
    """Change what is given; the rest stays.

    :raises NotFound: there is no such customer, or it is deleted.
    """
    customer = queries.get_customer(customer_id, for_update=True)
    if customer.deleted_at is not None:
        raise not_found("customer", customer_id)
    before = registry.render(customer)
    for name, value in _columns(given).items():
        setattr(customer, name, value)
    if "metadata" in given:
        customer.metadata = merge_metadata(customer.metadata, given["metadata"])
    customer.save()
    events.record([events.Change("customer.updated", customer, previous=before)])
    return customer


@use_case
def delete_customer(*, customer_id: str, now: datetime) -> Customer:
    """Delete the customer for good; what refers to it keeps its id.

    :raises NotFound: there is no such customer, or it is deleted already.
    """
    customer = queries.get_customer(customer_id, for_update=True)
    if customer.deleted_at is not None:
        raise not_found("customer", customer_id)
    shown = registry.render(customer)
    customer.deleted_at = now
    customer.save(update_fields=["deleted_at"])
    events.record([events.Change("customer.deleted", customer, shown=shown)])
    return customer


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the parameters set."""
    fields = {name: value for name, value in given.items() if name not in _NESTED}
    if "preferred_locales" in given:
        fields["preferred_locales"] = given["preferred_locales"] or []
    settings = given.get("invoice_settings") or {}
    if "default_payment_method" in settings:
        fields["default_payment_method_id"] = settings["default_payment_method"]
    return fields


_NESTED = {"metadata", "invoice_settings", "preferred_locales"}
