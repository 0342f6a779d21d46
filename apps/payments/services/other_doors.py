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

    Part of the caller's transaction: a source that no customer keeps is used up.

    :raises Invalid: there is none with this id, or it cannot be charged.
    """
    if not object_id.startswith(_PREFIXES):
        return None
    source = queries.find_source(object_id, for_update=True)
    if source is None or source.payment_method is None:
        raise Invalid(f"No such source: '{object_id}'", code="resource_missing", param=param)
    use(source, param=param)
    return source.payment_method


def use(source: Source, *, param: str) -> None:
    """Use what is locked for a payment: a source is good for one, unless a customer keeps it.

    :raises Invalid: it cannot be charged, or was used up.
    """
    if source.kind != "source":
        return
    if source.status != "chargeable":
        raise Invalid(
            f"The source {source.id} is {source.status}, and cannot be charged.",
            code="source_unexpected_state",
            param=param,
        )
    if source.customer_id is None:
        source.status = "consumed"
        source.save(update_fields=["status"])


def close(payment_method_id: str, *, customer_id: str, now: datetime) -> list[Change]:
    """Close the other door to a payment method that is being detached, if it has one.

    Its customer, whose row is locked, pays with it by default no more.

    :returns: what is to be told.
    """
    customer = customers.get_customer(customer_id, for_update=True)
    before = registry.render(customer)
    told = []
    rows = Source.objects.owned().filter(payment_method=payment_method_id, customer=customer_id)
    named = rows.filter(deleted_at=None).values_list("id", flat=True).first() or ""
    source = queries.find_source(named, customer_id=customer_id, for_update=True)
    if source is not None:
        told += part_with(source, now=now)
        move_default(customer, gone=source.id)
    is_default = unset_default(customer, gone=payment_method_id)
    if source is not None or is_default:
        told.append(Change("customer.updated", customer, previous=before))
    return told


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


def unset_default(customer: Any, *, gone: str) -> bool:
    """Let the invoices of a customer, whose row is locked, be paid with no payment method.

    :param gone: what was detached; nothing happens if it was not the default.
    :returns: whether it was.
    """
    is_default: bool = customer.default_payment_method_id == gone
    if is_default:
        customer.default_payment_method_id = None
        customer.save(update_fields=["default_payment_method_id"])
    return is_default
