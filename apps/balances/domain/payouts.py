"""Payouts: what they go through, and what a bank's answer does to them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from apps.core.errors import Invalid
from apps.core.money import Money

# A weekend has no business day: Saturday and Sunday, as `datetime.weekday` counts.
SATURDAY: Final = 5
# So long after its arrival a payout may still come back.
MAY_COME_BACK_FOR: Final = timedelta(days=7)


class PayoutStatus(StrEnum):
    """Where a payout is, as the wire names it."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


class PayoutMove(StrEnum):
    """What can happen to a payout."""

    SEND = "send"
    ARRIVE = "arrive"
    FAIL = "fail"
    CANCEL = "cancel"


# The whole machine. A move that is not listed is refused.
NEXT: Final = {
    (PayoutStatus.PENDING, PayoutMove.SEND): PayoutStatus.IN_TRANSIT,
    (PayoutStatus.PENDING, PayoutMove.FAIL): PayoutStatus.FAILED,
    (PayoutStatus.PENDING, PayoutMove.CANCEL): PayoutStatus.CANCELED,
    (PayoutStatus.IN_TRANSIT, PayoutMove.ARRIVE): PayoutStatus.PAID,
    (PayoutStatus.IN_TRANSIT, PayoutMove.FAIL): PayoutStatus.FAILED,
    # What has arrived may come back: the account was closed, or is somebody else's.
    (PayoutStatus.PAID, PayoutMove.FAIL): PayoutStatus.FAILED,
}


class PayoutNotPossible(Invalid):
    """What is asked of a payout does not fit its status."""

    code = "payout_unexpected_state"


class TransferState(StrEnum):
    """What a bank says of a transfer. `unknown` is an answer too, and never a guess."""

    UNKNOWN = "unknown"
    SENT = "sent"
    ARRIVED = "arrived"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a bank is asked to pay, or, less than 0, to call back.

    :ivar reference: our payout's id; the same reference is the same transfer, however often it is
        sent.
    :ivar token: the bank's name for the account that is paid.
    :ivar arrival_at: when it is expected there.
    :ivar original: the reference of the transfer that is called back.
    """

    reference: str
    money: Money
    token: str
    arrival_at: datetime
    original: str = ""
    statement_descriptor: str = ""


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """What a bank said.

    :ivar code: why it failed, as the wire's `failure_code`.
    :ivar trace_id: by which the receiving bank finds the transfer.
    """

    state: TransferState
    code: str = ""
    message: str = ""
    trace_id: str = ""


def next_payout_status(status: PayoutStatus, move: PayoutMove) -> PayoutStatus:
    """Return where `move` leads.

    :raises PayoutNotPossible: the move is not in NEXT.
    """
    if (status, move) not in NEXT:
        raise PayoutNotPossible(f"A payout that is {status} cannot be changed so ({move}).")
    return NEXT[status, move]


def moves_of(
    status: PayoutStatus, state: TransferState, *, is_reversal: bool = False
) -> tuple[PayoutMove, ...]:
    """Return the moves that an answer of the bank stands for; none, if it says nothing new.

    What was called back stays: the bank that gave it has no claim to it any more.
    """
    if is_reversal and status is PayoutStatus.PAID:
        return ()
    match state:
        case TransferState.SENT if status is PayoutStatus.PENDING:
            return (PayoutMove.SEND,)
        case TransferState.ARRIVED if status is PayoutStatus.PENDING:
            return (PayoutMove.SEND, PayoutMove.ARRIVE)
        case TransferState.ARRIVED if status is PayoutStatus.IN_TRANSIT:
            return (PayoutMove.ARRIVE,)
        case TransferState.FAILED if (status, PayoutMove.FAIL) in NEXT:
            return (PayoutMove.FAIL,)
        case _:
            return ()


def arrival_of(method: str, *, now: datetime) -> datetime:
    """Return when a payout arrives: at once if it is `instant`, else on the next business day."""
    if method == "instant":
        return now
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day += timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day
