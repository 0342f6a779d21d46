"""What every processor can do."""

from typing import Protocol

from apps.payments.domain import Answer, Order


class Processor(Protocol):
    """A processor of payments. Orders are safe to send again: the reference makes them the same.

    An adapter whose provider does not recognise a reference looks up before it sends again. Network
    trouble is not an exception but `Outcome.UNKNOWN`: the caller then enquires later.
    """

    name: str

    def submit(self, order: Order) -> Answer:
        """Carry out `order`, or return what became of it when it was sent before."""
        ...

    def enquire(self, reference: str) -> Answer | None:
        """Return what became of the order with this reference; None if it never arrived."""
        ...
