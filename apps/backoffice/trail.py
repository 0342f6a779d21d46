"""The trail of a payment: what was asked, what came of it, what it did to the books, who was told.

It is read through the queries of the rooms, so that no room has to know the ones above it.
"""

from dataclasses import dataclass, field
from typing import Any

from apps.balances import queries as balances
from apps.core import context
from apps.core.errors import NotFound
from apps.core.money import Money
from apps.events import queries as events
from apps.ledger import queries as ledger
from apps.payments import queries as payments
from apps.webhooks import queries as webhooks


@dataclass(frozen=True, slots=True)
class Booking:
    """A ledger transaction of the payment, with its entries.

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
    """An event of the payment, with its deliveries."""

    event: Any
    deliveries: list[Any]


@dataclass(frozen=True, slots=True)
class Trail:
    """Everything that happened for a payment, each kind in its order."""

    intent: Any
    attempts: list[Any] = field(default_factory=list)
    charges: list[Any] = field(default_factory=list)
    refunds: list[Any] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


def of_payment(intent_id: str, *, account_id: str) -> Trail | None:
    """Return the trail of an account's payment in the current environment; None if there is none.

    Nine queries, however long the trail.
    """
    with context.amended(account_id=account_id):
        try:
            intent = payments.get_payment_intent(intent_id)
        except NotFound:
            return None
        charges = list(payments.list_charges(payment_intent=intent_id).order_by("id"))
        refunds = list(payments.list_refunds(payment_intent=intent_id).order_by("id"))
        sources = [one.id for one in (*charges, *refunds)]
        return Trail(
            intent=intent,
            attempts=list(payments.list_attempts(payment_intent_id=intent_id)),
            charges=charges,
            refunds=refunds,
            bookings=_bookings(sources),
            told=_told([intent_id, *sources]),
        )


def _bookings(sources: list[str]) -> list[Booking]:
    transactions = list(ledger.list_transactions_of(sources))
    entries: dict[str, list[Any]] = {one.id: [] for one in transactions}
    for entry in ledger.list_entries(list(entries)):
        entries[entry.transaction_id].append(entry)
    releases = balances.find_balance_transactions([_txn(one.id) for one in transactions])
    return [
        Booking(transaction=one, entries=entries[one.id], release=releases.get(_txn(one.id)))
        for one in transactions
    ]


def _told(object_ids: list[str]) -> list[Told]:
    found = list(events.list_about(object_ids))
    deliveries: dict[str, list[Any]] = {one.id: [] for one in found}
    for delivery in webhooks.list_deliveries_of(deliveries):
        deliveries[delivery.event_id].append(delivery)
    return [Told(event=one, deliveries=deliveries[one.id]) for one in found]


def _txn(transaction_id: str) -> str:
    """Return the id of the balance transaction that is a view of a ledger transaction."""
    return "txn_" + transaction_id.partition("_")[2]
