"""What rooms above keep with a customer: a room registers its parts from its `ready()`.

So `POST /v1/customers` takes a payment method, and deleting a customer detaches them all, though
customers know nothing of payments.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.core.errors import Invalid
from apps.customers.models import Customer
from apps.events.services import Change


class Apply(Protocol):
    """Carries out parameters of a customer."""

    def __call__(self, customer: Customer, *, given: dict[str, Any], now: datetime) -> list[Change]:
        """Do so, in the transaction that makes or changes the customer, whose row is locked.

        It may set fields of `customer`, which is saved afterwards.

        :returns: what is to be told, after what is told of the customer.
        """


class Remove(Protocol):
    """Takes leave of a customer."""

    def __call__(self, customer: Customer, *, now: datetime) -> list[Change]:
        """Do so, in the transaction that deletes the customer, whose row is locked.

        :returns: what is to be told, before it is told that the customer is deleted.
        """


@dataclass(frozen=True, slots=True)
class Part:
    """What one room keeps with a customer.

    :ivar names: the parameters of a customer that are the room's.
    :ivar apply: gets those that are given, if there are any.
    """

    names: frozenset[str]
    apply: Apply
    remove: Remove | None = None


_parts: list[Part] = []


def register_part(part: Part) -> None:
    """Let a room keep something with customers; called by its `ready()`."""
    _parts.append(part)


def apply(customer: Customer, *, given: dict[str, Any], now: datetime) -> list[Change]:
    """Let every room carry out its parameters; return what is to be told.

    :raises Invalid: no room knows one of them.
    """
    known = {name for part in _parts for name in part.names}
    for name in given:
        if name not in known:
            raise Invalid(
                f"{name} is not supported here.", code="parameter_unsupported", param=name
            )
    changes: list[Change] = []
    for part in _parts:
        own = {name: value for name, value in given.items() if name in part.names}
        if own:
            changes += part.apply(customer, given=own, now=now)
    return changes


def remove(customer: Customer, *, now: datetime) -> list[Change]:
    """Let every room take leave of a customer that is being deleted; return what is to be told."""
    return [
        change
        for part in _parts
        if part.remove is not None
        for change in part.remove(customer, now=now)
    ]
