"""The simulated bank, for sandboxes.

It keeps what it was asked in `SimulatedTransfer` and commits by itself, as a bank elsewhere would:
what it took on stays taken on when the caller's transaction or process is gone. What becomes of a
transfer is decided by the account it goes to, and by the time.
"""

import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from apps.balances.domain import Transfer, TransferAnswer, TransferState
from apps.balances.models import SimulatedTransfer

# Why transfers to a test account fail when they should arrive, by the end of its token.
FAILURES: Final = {
    "accountClosed": ("account_closed", "The bank account has been closed."),
    "debitNotAuthorized": (
        "debit_not_authorized",
        "Debits of the bank account are not authorized.",
    ),
    "failed": ("could_not_process", "The bank could not process this payout."),
    "insufficientFunds": (
        "insufficient_funds",
        "There was not enough money for this payout.",
    ),
    "invalidCurrency": (
        "invalid_currency",
        "The bank account cannot be paid in this currency.",
    ),
    "noAccount": ("no_account", "The bank account could not be located."),
}
# Transfers to these arrive, and come back after a while. There is nothing left to call back then.
COMES_BACK: Final = frozenset({"dispute", "disputed"})
COMES_BACK_AFTER: Final = timedelta(days=1)
_CAME_BACK: Final = ("account_closed", "The bank account has been closed.")
_NOT_THERE: Final = ("insufficient_funds", "The bank account has not enough money.")


class SimulatedBank:
    """Decides by the test account alone, so that the same story ends the same way every time."""

    name = "sim_bank"

    def transfer(self, order: Transfer, *, now: datetime) -> TransferAnswer:
        """Take the order on, or find that it was taken on before; return how far it is."""
        time.sleep(settings.SIMULATOR_DELAY_BEFORE_MS / 1000)
        SimulatedTransfer.objects.bulk_create(
            [
                SimulatedTransfer(
                    reference=order.reference,
                    original=order.original,
                    amount_minor=order.money.minor,
                    currency=order.money.currency,
                    token=order.token,
                    arrives_at=order.arrival_at,
                    created_at=now,
                )
            ],
            ignore_conflicts=True,
        )
        time.sleep(settings.SIMULATOR_DELAY_AFTER_MS / 1000)
        answer = self.enquire(order.reference, now=now)
        assert answer is not None, "It was written a moment ago."
        return answer

    def enquire(self, reference: str, *, now: datetime) -> TransferAnswer | None:
        """Return how far a transfer is."""
        known = SimulatedTransfer.objects.filter(reference=reference).first()
        if known is None:
            return None
        if now < known.arrives_at:
            return _answer(known, TransferState.SENT)
        behaviour = known.token.rpartition(":")[2].partition("_")[0]
        if behaviour in FAILURES:
            return _answer(known, TransferState.FAILED, FAILURES[behaviour])
        if behaviour in COMES_BACK and known.original:
            return _answer(known, TransferState.FAILED, _NOT_THERE)
        if behaviour in COMES_BACK and now >= known.arrives_at + COMES_BACK_AFTER:
            return _answer(known, TransferState.FAILED, _CAME_BACK)
        return _answer(known, TransferState.ARRIVED)


def _answer(
    known: SimulatedTransfer, state: TransferState, why: tuple[str, str] = ("", "")
) -> TransferAnswer:
    code, message = why
    # A trace as banks print it: fifteen digits or letters, the same for the same transfer.
    return TransferAnswer(state, code=code, message=message, trace_id=known.reference[-15:].upper())
