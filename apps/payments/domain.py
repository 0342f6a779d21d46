"""The states of payments, the moves between them, and the words of processors. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from apps.core.errors import Declined, Invalid
from apps.core.money import Money


class Status(StrEnum):
    """The status of a PaymentIntent, as the wire names it."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Move(StrEnum):
    """What can happen to a PaymentIntent."""

    CHOOSE = "choose a payment method"
    LET_GO = "let its payment method go"
    SUBMIT = "be confirmed"
    AUTHORISE = "be authorised"
    APPROVE = "be paid"
    DECLINE = "be declined"
    SUBMIT_CAPTURE = "be captured"
    REFUSE_CAPTURE = "be refused its capture"
    SUBMIT_VOID = "be released"
    CANCEL = "be canceled"


_S, _M = Status, Move

# The whole machine. A move that is not listed is refused.
NEXT: Final = {
    (_S.REQUIRES_PAYMENT_METHOD, _M.CHOOSE): _S.REQUIRES_CONFIRMATION,
    (_S.REQUIRES_CONFIRMATION, _M.CHOOSE): _S.REQUIRES_CONFIRMATION,  # another one
    (_S.REQUIRES_CONFIRMATION, _M.LET_GO): _S.REQUIRES_PAYMENT_METHOD,
    (_S.REQUIRES_PAYMENT_METHOD, _M.LET_GO): _S.REQUIRES_PAYMENT_METHOD,  # there was none
    (_S.REQUIRES_CONFIRMATION, _M.SUBMIT): _S.PROCESSING,
    (_S.PROCESSING, _M.AUTHORISE): _S.REQUIRES_CAPTURE,
    (_S.PROCESSING, _M.APPROVE): _S.SUCCEEDED,
    (_S.PROCESSING, _M.DECLINE): _S.REQUIRES_PAYMENT_METHOD,
    (_S.REQUIRES_CAPTURE, _M.SUBMIT_CAPTURE): _S.PROCESSING,
    (_S.PROCESSING, _M.REFUSE_CAPTURE): _S.REQUIRES_CAPTURE,
    (_S.REQUIRES_CAPTURE, _M.SUBMIT_VOID): _S.PROCESSING,
    (_S.REQUIRES_PAYMENT_METHOD, _M.CANCEL): _S.CANCELED,
    (_S.REQUIRES_CONFIRMATION, _M.CANCEL): _S.CANCELED,
    (_S.REQUIRES_ACTION, _M.CANCEL): _S.CANCELED,
    (_S.PROCESSING, _M.CANCEL): _S.CANCELED,  # an authorisation was released
}

# While nothing was sent to a processor, the terms of the payment may still change.
CHANGEABLE: Final = frozenset(
    {Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_CONFIRMATION, Status.REQUIRES_ACTION}
)


class IllegalMove(Invalid):
    """The PaymentIntent is not in a state that allows this."""

    code = "payment_intent_unexpected_state"


def next_status(status: Status, move: Move) -> Status:
    """Return where `move` leads.

    :raises IllegalMove: the move is not in NEXT.
    """
    if (status, move) not in NEXT:
        raise IllegalMove(f"This PaymentIntent cannot {move.value}: its status is {status.value}.")
    return NEXT[status, move]


class CaptureMethod(StrEnum):
    """Whether a confirmed payment is captured at once or by a call of its own."""

    AUTOMATIC = "automatic"
    AUTOMATIC_ASYNC = "automatic_async"
    MANUAL = "manual"


class AttemptKind(StrEnum):
    """What a processor is asked to do."""

    CHARGE = "charge"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class AttemptStatus(StrEnum):
    """`open`: the outcome is not recorded yet; the processor may know it."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Outcome(StrEnum):
    """What a processor says of an order. `unknown` is an answer too, and never a guess."""

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Order:
    """What a processor is asked to do.

    :ivar reference: our attempt's id; the same reference is the same order, however often it is
        sent.
    :ivar token: the processor's name for the payment method (orders of kind `charge`).
    :ivar original: the reference of the charge that a capture, a void or a refund is about.
    :ivar capture: whether an approved charge is captured at once.
    """

    kind: AttemptKind
    reference: str
    money: Money
    token: str = ""
    original: str = ""
    capture: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a processor said.

    :ivar code: why it declined, as the wire's `code` (`card_declined`, `expired_card`, …).
    :ivar decline_code: the issuer's reason (`insufficient_funds`, …), if it gave one.
    :ivar available_at_once: the processor settles this payment without the usual delay.
    """

    outcome: Outcome
    code: str = ""
    decline_code: str = ""
    message: str = ""
    available_at_once: bool = False


class CardDeclined(Declined):
    """The processor declined the card. Its `code` is the processor's."""

    code = "card_declined"


class AmountTooLarge(Invalid):
    """More is to be captured or refunded than there is."""

    code = "amount_too_large"


class AlreadyRefunded(Invalid):
    """Nothing is left to refund."""

    code = "charge_already_refunded"


class NotRefundable(Invalid):
    """The charge was never captured, or failed."""

    code = "charge_not_refundable"


def check_expiry(*, month: int, year: int, now: datetime) -> None:
    """Refuse a card that has expired; it is good until the last day of its month.

    :raises CardDeclined: the year is over, or the month of this year.
    """
    if year < now.year:
        part = "year"
    elif (year, month) < (now.year, now.month):
        part = "month"
    else:
        return
    raise CardDeclined(
        f"Your card's expiration {part} is invalid.",
        code=f"invalid_expiry_{part}",
        param=f"exp_{part}",
    )


def capture_amount(asked: int | None, *, capturable: Money) -> Money:
    """Return what to capture: what was asked for, or all.

    :raises AmountTooLarge: more than was authorised.
    """
    if asked is None:
        return capturable
    if asked > capturable.minor:
        raise AmountTooLarge(
            f"amount_to_capture is more than the {capturable} that can be captured.",
            param="amount_to_capture",
        )
    return Money(asked, capturable.currency)


def refund_amount(asked: int | None, *, captured: Money, refunded: Money) -> Money:
    """Return what to refund: what was asked for, or all that is left.

    :raises NotRefundable: nothing was captured.
    :raises AlreadyRefunded: nothing is left.
    :raises AmountTooLarge: more than is left.
    """
    if not captured:
        raise NotRefundable("This charge was not captured, so there is nothing to refund.")
    left = captured - refunded
    if not left:
        raise AlreadyRefunded("This charge has already been refunded in full.")
    if asked is None:
        return left
    if asked > left.minor:
        raise AmountTooLarge(f"amount is more than the {left} left to refund.", param="amount")
    return Money(asked, left.currency)
