"""The other doors to a payment method: the card, the bank account or the source that leads to it.

What is found here is charged, and closed with its payment method. Rows are locked in the order
customer, source, payment method.
"""

from datetime import datetime
from typing import Any, Final

from apps.api import registry
from apps.core.errors import Invalid
from apps.customers import queries as customers
from apps.events.services import Change
from apps.payments import queries
from apps.payments.models import PaymentMethod, Source

DELETED: Final = "customer.source.deleted"
_PREFIXES: Final = ("src_", "card_", "ba_")


def find(object_id: str, *, param: str) -> PaymentMethod | None:
    """Return what is charged when a card, a bank account or a source is named; None: none is.

    Part of the caller's transaction: a source that is for one use is used up.

    :raises Invalid: there is none with this id, or it cannot be charged.
    """
    if not object_id.startswith(_PREFIXES):
        return None
    source = queries.find_source(object_id, for_update=True)
    if source is None or source.payment_method is None:
        raise Invalid(f"No such source: '{object_id}'", code="resource_missing", param=param)
    if source.kind == "source" and source.status != "chargeable":
        raise Invalid(
            f"The source {object_id} is {source.status}, and cannot be charged.",
            code="source_unexpected_state",
            param=param,
        )
    if source.usage == "single_use":
        source.status = "consumed"
        source.save(update_fields=["status"])
    return source.payment_method


def close(payment_method_id: str, *, now: datetime) -> list[Change]:
    """Close the other door to a payment method that is being detached, if it has one.

    :returns: what is to be told.
    """
    rows = Source.objects.owned().filter(payment_method=payment_method_id, deleted_at=None)
    named = rows.filter(customer__isnull=False).values_list("id", "customer_id").first()
    if named is None:
        return []
    customer = customers.get_customer(named[1], for_update=True)
    source = queries.find_source(named[0], customer_id=named[1], for_update=True)
    if source is None:
        return []
    before = registry.render(customer)
    told = part_with(source, now=now)
    move_default(customer, gone=source.id)
    return [*told, Change("customer.updated", customer, previous=before)]


def part_with(source: Source, *, now: datetime) -> list[Change]:
    """Take a source that is locked from its customer; its payment method stays as it is.

    :returns: what is to be told.
    """
    shown = registry.render(source)
    if source.kind == "source":
        # It is still there for whoever asks for it, and used up.
        source.customer, source.status = None, "consumed"
    else:
        source.deleted_at = now
    source.save(update_fields=["customer", "status", "deleted_at"])
    return [Change(DELETED, source, shown=shown)]


def move_default(customer: Any, *, gone: str) -> None:
    """Let the newest of the others be what a customer, whose row is locked, pays with by default.

    :param gone: what went; nothing happens if it was not the default.
    """
    if customer.default_source_id == gone:
        following = queries.list_sources(customer.id).first()
        customer.default_source_id = None if following is None else following.id
        customer.save(update_fields=["default_source_id"])
