"""How much may be refunded, the states of a refund and the moves between them."""

from enum import StrEnum
from typing import Final

from apps.core.errors import Invalid
from apps.core.money import Money
from apps.payments.domain.amounts import AmountTooLarge
from apps.payments.domain.disputes import ChargeDisputed


class RefundStatus(StrEnum):
    """The status of a refund, as the wire names it.

    `pending`: the processor has not said yet whether it takes the refund on, or it did, and the
    money is on its way. `requires_action`: the payer has to say where the money goes.
    """

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class RefundMove(StrEnum):
    """What can happen to a refund."""

    PAY = "be paid"
    WAIT = "be on its way"
    ASK = "wait for its payer"
    FAIL = "fail"
    ASK_BACK = "be canceled"
    CANCEL = "be stopped"


class AlreadyRefunded(Invalid):
    """Nothing is left to refund."""

    code = "charge_already_refunded"


class NotRefundable(Invalid):
    """The charge was never captured, or failed."""

    code = "charge_not_refundable"


class IllegalRefundMove(Invalid):
    """The refund is not in a state that allows this."""

    code = "refund_unexpected_state"


_S, _M = RefundStatus, RefundMove
# The whole machine. A move that is not listed is refused.
REFUND_NEXT: Final = {
    (_S.PENDING, _M.PAY): _S.SUCCEEDED,
    (_S.PENDING, _M.WAIT): _S.PENDING,
    (_S.PENDING, _M.ASK): _S.REQUIRES_ACTION,
    (_S.PENDING, _M.FAIL): _S.FAILED,
    (_S.REQUIRES_ACTION, _M.PAY): _S.SUCCEEDED,
    (_S.REQUIRES_ACTION, _M.WAIT): _S.PENDING,
    (_S.REQUIRES_ACTION, _M.ASK): _S.REQUIRES_ACTION,
    (_S.REQUIRES_ACTION, _M.FAIL): _S.FAILED,
    (_S.SUCCEEDED, _M.FAIL): _S.FAILED,  # the payer's bank sent the money back
    (_S.REQUIRES_ACTION, _M.ASK_BACK): _S.REQUIRES_ACTION,  # until the processor has stopped it
    (_S.REQUIRES_ACTION, _M.CANCEL): _S.CANCELED,
    # Meanwhile the payer had said where the money goes, and the processor stopped it all the same.
    (_S.PENDING, _M.CANCEL): _S.CANCELED,
    (_S.SUCCEEDED, _M.CANCEL): _S.CANCELED,
}
# The money is back, for good.
_OVER: Final = frozenset({_S.FAILED, _S.CANCELED})


def next_refund_status(status: RefundStatus, move: RefundMove) -> RefundStatus:
    """Return where `move` leads.

    :raises IllegalRefundMove: the move is not in REFUND_NEXT.
    """
    if (status, move) not in REFUND_NEXT:
        raise IllegalRefundMove(f"This refund cannot {move.value}: its status is {status.value}.")
    return REFUND_NEXT[status, move]


def is_refund_over(status: RefundStatus) -> bool:
    """Return whether the money of a refund came back, or never left."""
    return status in _OVER


def refund_amount(
    asked: int | None, *, captured: Money, refunded: Money, lost: Money | None = None
) -> Money:
    """Return what to refund: what was asked for, or all that is left.

    :param lost: what the payer got back by disputes that were lost.
    :raises NotRefundable: nothing was captured.
    :raises AlreadyRefunded: nothing is left.
    :raises ChargeDisputed: nothing is left of what disputes have not taken.
    :raises AmountTooLarge: more than is left.
    """
    if not captured:
        raise NotRefundable("This charge was not captured, so there is nothing to refund.")
    if captured == refunded:
        raise AlreadyRefunded("This charge has already been refunded in full.")
    left = captured - refunded - (lost or Money(0, captured.currency))
    if left.minor <= 0:
        raise ChargeDisputed(
            "This charge was charged back: its payer has the money already.",
        )
    if asked is None:
        return left
    if asked > left.minor:
        raise AmountTooLarge(f"amount is more than the {left} left to refund.", param="amount")
    return Money(asked, left.currency)
