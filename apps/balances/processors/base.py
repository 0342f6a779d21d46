"""What every bank can do."""

from datetime import datetime
from typing import Protocol

from apps.balances.domain import Transfer, TransferAnswer


class Bank(Protocol):
    """A bank that pays from the operator's account. Orders are safe to send again.

    The reference makes them the same: an adapter whose bank does not recognise one looks before it
    sends again. Network trouble is not an exception but `TransferState.UNKNOWN`: the caller then
    enquires later.

    :ivar name: what payouts know it by.
    """

    name: str

    def transfer(self, order: Transfer, *, now: datetime) -> TransferAnswer:
        """Pay, or call back what was paid."""
        ...

    def enquire(self, reference: str, *, now: datetime) -> TransferAnswer | None:
        """Return what became of a transfer; None if the bank knows nothing of it."""
        ...
