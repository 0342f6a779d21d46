"""The states of a PaymentIntent and the moves between them."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from apps.core.errors import Invalid


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
    ASK = "ask its customer to act"
    ANSWER = "be acted on"
    CONFIRM_AGAIN = "be confirmed again"
    AUTHORISE = "be authorised"
    APPROVE = "be paid"
    DECLINE = "be declined"
    WAIT = "wait for its processor"
    SUBMIT_INCREMENT = "be authorised for more"
    SUBMIT_CAPTURE = "be captured"
    CAPTURE_PART = "be captured in part"
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
    (_S.PROCESSING, _M.ASK): _S.REQUIRES_ACTION,
    (_S.REQUIRES_ACTION, _M.ANSWER): _S.PROCESSING,
    # Another payment method, or other terms: what was asked for is given up.
    (_S.REQUIRES_ACTION, _M.CHOOSE): _S.REQUIRES_CONFIRMATION,
    (_S.REQUIRES_ACTION, _M.LET_GO): _S.REQUIRES_PAYMENT_METHOD,
    (_S.PROCESSING, _M.CONFIRM_AGAIN): _S.REQUIRES_CONFIRMATION,  # confirmed by hand
    (_S.PROCESSING, _M.WAIT): _S.PROCESSING,
    (_S.PROCESSING, _M.AUTHORISE): _S.REQUIRES_CAPTURE,
    (_S.PROCESSING, _M.APPROVE): _S.SUCCEEDED,
    (_S.PROCESSING, _M.DECLINE): _S.REQUIRES_PAYMENT_METHOD,
    (_S.REQUIRES_CAPTURE, _M.SUBMIT_INCREMENT): _S.PROCESSING,
    (_S.REQUIRES_CAPTURE, _M.SUBMIT_CAPTURE): _S.PROCESSING,
    (_S.PROCESSING, _M.CAPTURE_PART): _S.REQUIRES_CAPTURE,
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


# The reason of a cancellation that nobody asked for: the authorisation was not captured in time.
EXPIRED: Final = "automatic"
# How long an authorisation lasts where the processor does not say.
AUTHORISED_FOR: Final = timedelta(days=7)


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
