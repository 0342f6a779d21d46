"""The states of a SetupIntent and the moves between them: those of a payment, without its money."""

from typing import Final

from apps.core.errors import Invalid
from apps.payments.domain.intents import Move, Status

_S, _M = Status, Move
# The whole machine. A move that is not listed is refused.
SETUP_NEXT: Final = {
    (_S.REQUIRES_PAYMENT_METHOD, _M.CHOOSE): _S.REQUIRES_CONFIRMATION,
    (_S.REQUIRES_CONFIRMATION, _M.CHOOSE): _S.REQUIRES_CONFIRMATION,  # another one
    (_S.REQUIRES_ACTION, _M.CHOOSE): _S.REQUIRES_CONFIRMATION,  # what was asked for is given up
    (_S.REQUIRES_PAYMENT_METHOD, _M.LET_GO): _S.REQUIRES_PAYMENT_METHOD,  # there was none
    (_S.REQUIRES_CONFIRMATION, _M.LET_GO): _S.REQUIRES_PAYMENT_METHOD,
    (_S.REQUIRES_ACTION, _M.LET_GO): _S.REQUIRES_PAYMENT_METHOD,
    (_S.REQUIRES_CONFIRMATION, _M.SUBMIT): _S.PROCESSING,
    (_S.PROCESSING, _M.ASK): _S.REQUIRES_ACTION,
    (_S.REQUIRES_ACTION, _M.ANSWER): _S.PROCESSING,
    (_S.PROCESSING, _M.WAIT): _S.PROCESSING,
    (_S.PROCESSING, _M.APPROVE): _S.SUCCEEDED,
    (_S.PROCESSING, _M.DECLINE): _S.REQUIRES_PAYMENT_METHOD,
    (_S.REQUIRES_PAYMENT_METHOD, _M.CANCEL): _S.CANCELED,
    (_S.REQUIRES_CONFIRMATION, _M.CANCEL): _S.CANCELED,
    (_S.REQUIRES_ACTION, _M.CANCEL): _S.CANCELED,
}


class IllegalSetupMove(Invalid):
    """The SetupIntent is not in a state that allows this."""

    code = "setup_intent_unexpected_state"


def next_setup_status(status: Status, move: Move) -> Status:
    """Return where `move` leads a SetupIntent.

    :raises IllegalSetupMove: the move is not in SETUP_NEXT.
    """
    if (status, move) not in SETUP_NEXT:
        raise IllegalSetupMove(
            f"This SetupIntent cannot {move.value}: its status is {status.value}."
        )
    return SETUP_NEXT[status, move]
