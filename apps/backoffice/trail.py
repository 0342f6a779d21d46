"""The trail of an object, for people: what was asked, what came of it, what it did to the books,
who was told.

What belongs to it is found by the walk that the API uses; what is shown of it is read through the
queries of the rooms.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from apps.api import registry, trails
from apps.balances import queries as balances
from apps.balances.domain import balance_transaction_id
from apps.core import context
from apps.core.money import Money
from apps.ledger import queries as ledger
from apps.payments import queries as payments
from apps.webhooks import queries as webhooks

# What has a section of its own; the rest is listed together.
_IN_SECTIONS = {
    *("payment_intent", "charge", "refund", "balance_transaction", "event"),
    *("ledger.transaction", "ledger.entry"),
}


@dataclass(frozen=True, slots=True)
class Booking:
    """A ledger transaction of the trail, with its entries.

    :ivar release: the balance transaction that is a view of it, and says when it is available.
    """

    transaction: Any
    entries: list[Any]
    release: Any | None

    @property
    def net(self) -> Money | None:
        """Return what the merchant's balance gained."""
        return self.release and Money(self.release.net_minor, self.release.currency)


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the trail, with its deliveries."""

    event: Any
    deliveries: list[Any]


@dataclass(frozen=True, slots=True)
class Trail:
    """Everything that hangs together with an object, each kind in its order."""

    intents: list[Any] = field(default_factory=list)
    attempts: list[Any] = field(default_factory=list)
    charges: list[Any] = field(default_factory=list)
    refunds: list[Any] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    others: list[tuple[str, Any]] = field(default_factory=list)
    has_more: bool = False


def of(object_id: str, *, account_id: str) -> Trail | None:
    """Return the trail of an account's object in the current environment; None if there is none.

    As many queries as the trail is deep, however long it is.
    """
    with context.amended(account_id=account_id):
        walked = trails.walk(object_id)
        found = registry.find(walked.ids)
        attempts = list(payments.find_attempts(walked.ids))
        bookings = _bookings(walked.ids)
        if not found and not attempts and not bookings:
            return None
        kinds: dict[str, list[Any]] = {}
        for one in walked.ids:
            resource = registry.resource_of(one)
            if resource is not None and one in found:
                kinds.setdefault(resource.name, []).append(found[one])
        return Trail(
            intents=kinds.get("payment_intent", []),
            attempts=attempts,
            charges=kinds.get("charge", []),
            refunds=kinds.get("refund", []),
            bookings=bookings,
            told=_told(kinds.get("event", [])),
            others=[
                (name.replace("_", " ").replace(".", " "), one)
                for name in kinds
                if name not in _IN_SECTIONS
                for one in kinds[name]
            ],
            has_more=walked.has_more,
        )


def url_of_id(object_id: str) -> str | None:
    """Return the page of the trail of an object of the API; None if the id is none of these."""
    if registry.resource_of(object_id) is None:
        return None
    return reverse("backoffice_trail", args=[object_id])


def _bookings(ids: Iterable[str]) -> list[Booking]:
    transactions = list(ledger.find_transactions(ids))
    entries: dict[str, list[Any]] = {one.id: [] for one in transactions}
    for entry in ledger.list_entries(list(entries)):
        entries[entry.transaction_id].append(entry)
    views = {one.id: balance_transaction_id(one.id) for one in transactions}
    releases = balances.find_balance_transactions(views.values())
    return [
        Booking(transaction=one, entries=entries[one.id], release=releases.get(views[one.id]))
        for one in transactions
    ]


def _told(events: list[Any]) -> list[Told]:
    deliveries: dict[str, list[Any]] = {one.id: [] for one in events}
    for delivery in webhooks.list_deliveries_of(deliveries):
        deliveries[delivery.event_id].append(delivery)
    return [Told(event=one, deliveries=deliveries[one.id]) for one in events]
