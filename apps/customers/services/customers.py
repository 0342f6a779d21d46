"""Making, changing and deleting customers."""

from datetime import datetime
from typing import Any

from apps.api import registry
from apps.api.params import merge_metadata
from apps.core import context, ids
from apps.core.use_cases import use_case
from apps.customers import queries
from apps.customers.models import Customer
from apps.customers.services import credit, parts, tax_ids
from apps.events import services as events

INVOICE_PREFIX_LENGTH = 8
# What a customer is asked for that is a column of the same name.
_COLUMNS = frozenset(
    {
        *("address", "business_name", "description", "email", "individual_name"),
        *("invoice_prefix", "name", "next_invoice_sequence", "phone", "preferred_locales"),
        *("shipping", "tax_exempt"),
    }
)
_OWN = _COLUMNS | {"balance", "invoice_settings", "metadata", "tax_id_data"}


@use_case
def create_customer(*, given: dict[str, Any], now: datetime) -> Customer:
    """Make a customer, with the tax ids, the credit and the payment method that are given.

    :param given: fields by name, as `apps.customers.api.views.customers.CREATE` parses them.
    :raises DomainError: what is given with it cannot be made.
    """
    fields = _columns(given, {})
    fields.setdefault("invoice_prefix", ids.random_text(INVOICE_PREFIX_LENGTH).upper())
    customer = Customer.objects.create(
        id=ids.new_id("cus"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        **fields,
    )
    customer.credit_minor = 0
    more = [
        tax_ids.added(customer, index=index, given=one, now=now)
        for index, one in enumerate(given.get("tax_id_data") or ())
    ]
    due = tax_ids.verification_jobs(more, now=now)
    others = _of_others(given)
    if others:
        more += parts.apply(customer, given=others, now=now)
        customer.save()
    if given.get("balance"):
        credit.change(customer, amount_minor=given["balance"], type="initial", now=now)
    events.record([events.Change("customer.created", customer), *more], schedule=due)
    return customer


@use_case
def update_customer(*, customer_id: str, given: dict[str, Any], now: datetime) -> Customer:
    """Change what is given; the rest stays.

    :raises NotFound: there is no such customer, or it is deleted.
    """
    customer = queries.get_living_customer(customer_id, for_update=True)
    before = registry.render(customer)
    for name, value in _columns(given, customer.invoice_settings).items():
        setattr(customer, name, value)
    if "metadata" in given:
        customer.metadata = merge_metadata(customer.metadata, given["metadata"])
    more = parts.apply(customer, given=_of_others(given), now=now)
    customer.save()
    if "balance" in given:
        credit.set_balance(customer, balance_minor=given["balance"], now=now)
    events.record([events.Change("customer.updated", customer, previous=before), *more])
    return customer


@use_case
def delete_customer(*, customer_id: str, now: datetime) -> Customer:
    """Delete the customer for good, and detach its payment methods.

    What refers to it keeps its id.

    :raises NotFound: there is no such customer, or it is deleted already.
    """
    customer = queries.get_living_customer(customer_id, for_update=True)
    shown = registry.render(customer)
    more = parts.remove(customer, now=now)
    customer.deleted_at = now
    customer.save(update_fields=["deleted_at"])
    events.record([*more, events.Change("customer.deleted", customer, shown=shown)])
    return customer


def _columns(given: dict[str, Any], present: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the parameters set.

    :param present: the invoice settings as they are.
    """
    fields = {name: value for name, value in given.items() if name in _COLUMNS}
    if "preferred_locales" in given:
        fields["preferred_locales"] = given["preferred_locales"] or []
    settings = dict(given.get("invoice_settings") or {})
    settings.pop("default_payment_method", None)  # of the room that knows what can be paid with
    if settings:
        fields["invoice_settings"] = {**present, **settings}
    return fields


def _of_others(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that are carried out by rooms above, by their paths."""
    others = {name: value for name, value in given.items() if name not in _OWN}
    settings = given.get("invoice_settings") or {}
    if "default_payment_method" in settings:
        others["invoice_settings[default_payment_method]"] = settings["default_payment_method"]
    return others
