"""What every processor can do."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from apps.payments.domain import Answer, Notification, Order, Settled


class Processor(Protocol):
    """A processor of payments. Orders are safe to send again: the reference makes them the same.

    An adapter whose provider does not recognise a reference looks up before it sends again. Network
    trouble is not an exception but `Outcome.UNKNOWN`: the caller then enquires later. What a
    processor cannot do at all, it declines, with a code.

    :ivar name: what attempts and the ledger know it by.
    """

    name: str

    @property
    def timeout_s(self) -> float:
        """Return how long it may take to answer."""
        ...

    def authorise(self, order: Order, *, now: datetime) -> Answer:
        """Charge, at once or for a capture later (`order.capture`), or set a payment method up."""
        ...

    def capture(self, order: Order, *, now: datetime) -> Answer:
        """Take what was authorised, or a part of it."""
        ...

    def increment(self, order: Order, *, now: datetime) -> Answer:
        """Authorise more for an order: `order.money` is the new total."""
        ...

    def cancel(self, order: Order, *, now: datetime) -> Answer:
        """Let an authorisation go, or stop a refund that has not ended."""
        ...

    def refund(self, order: Order, *, now: datetime) -> Answer:
        """Give back what was captured, or a part of it."""
        ...

    def contest(self, order: Order, *, now: datetime) -> Answer:
        """Keep the evidence of a dispute, or hand it in (`order.submit`); without any, give up."""
        ...

    def enquire(self, reference: str, *, now: datetime) -> Answer | None:
        """Return what became of the order with this reference; None if it never arrived."""
        ...

    def verify_notification(
        self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime
    ) -> tuple[Notification, ...]:
        """Return what a notification says that was signed with `secret`.

        :raises InvalidNotification: it was not, or too long ago.
        """
        ...

    def settle_report(self, *, since: datetime, until: datetime) -> Iterable[Settled]:
        """Return what was moved from `since` until before `until`, in the order of time."""
        ...
