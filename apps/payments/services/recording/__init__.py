"""What an outcome means: for the intent, the charge, the refund, the ledger and the events.

Every function here is part of one transaction, which holds the locks that `lock` took. What can be
ordered is in the three tables; a module has what concerns one kind of object.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from apps.payments import domain
from apps.payments.domain import Answer, AttemptKind, AttemptStatus, Outcome
from apps.payments.models import Attempt
from apps.payments.services.recording import (
    actions,
    captures,
    charges,
    debits,
    disputes,
    increments,
    legacy,
    payments,
    refunds,
    setup,
)


class Handler(Protocol):
    """Writes an outcome. It returns the object that the attempt is about, or a `DomainError`."""

    def __call__(self, attempt: Attempt, *, answer: Answer, now: datetime) -> Any: ...


# How an attempt is read again, and locked together with what its outcome changes.
LOCKS: Final[Mapping[AttemptKind, Callable[[Attempt], Attempt]]] = {
    AttemptKind.CHARGE: payments.lock,
    AttemptKind.CAPTURE: payments.lock,
    AttemptKind.INCREMENT: payments.lock,
    AttemptKind.VOID: payments.lock,
    AttemptKind.REFUND: refunds.lock,
    AttemptKind.SETUP: setup.lock,
    AttemptKind.REFUND_CANCEL: refunds.lock,
    AttemptKind.CONTEST: disputes.lock,
}
# What is written when the processor has answered.
HANDLERS: Final[Mapping[tuple[AttemptKind, Outcome], Handler]] = {
    (AttemptKind.CHARGE, Outcome.APPROVED): charges.approve,
    (AttemptKind.CHARGE, Outcome.DECLINED): charges.decline,
    (AttemptKind.CHARGE, Outcome.PENDING): debits.wait,
    (AttemptKind.CHARGE, Outcome.ACTION): actions.ask,
    (AttemptKind.CAPTURE, Outcome.APPROVED): captures.capture,
    (AttemptKind.CAPTURE, Outcome.DECLINED): captures.refuse,
    (AttemptKind.INCREMENT, Outcome.APPROVED): increments.raise_authorisation,
    (AttemptKind.INCREMENT, Outcome.DECLINED): captures.refuse,
    (AttemptKind.VOID, Outcome.APPROVED): captures.release,
    (AttemptKind.VOID, Outcome.DECLINED): captures.refuse,
    (AttemptKind.REFUND, Outcome.APPROVED): refunds.take_on,
    (AttemptKind.REFUND, Outcome.PENDING): refunds.take_on,
    (AttemptKind.REFUND, Outcome.ACTION): refunds.take_on,
    (AttemptKind.REFUND, Outcome.DECLINED): refunds.fail,
    (AttemptKind.REFUND_CANCEL, Outcome.APPROVED): refunds.cancel,
    (AttemptKind.REFUND_CANCEL, Outcome.DECLINED): refunds.keep,
    (AttemptKind.SETUP, Outcome.APPROVED): setup.approve,
    (AttemptKind.SETUP, Outcome.DECLINED): setup.decline,
    (AttemptKind.SETUP, Outcome.ACTION): setup.ask,
    (AttemptKind.CONTEST, Outcome.APPROVED): disputes.take,
    (AttemptKind.CONTEST, Outcome.DECLINED): disputes.refuse,
}
# What is answered to a request whose attempt another process recorded, or no one yet.
OUTCOMES: Final[Mapping[AttemptKind, Callable[[Attempt], Any]]] = {
    AttemptKind.CHARGE: charges.outcome,
    AttemptKind.CAPTURE: captures.outcome,
    AttemptKind.INCREMENT: captures.outcome,
    AttemptKind.VOID: captures.outcome,
    AttemptKind.REFUND: refunds.outcome,
    AttemptKind.SETUP: setup.outcome,
    AttemptKind.REFUND_CANCEL: refunds.outcome_of_cancel,
    AttemptKind.CONTEST: disputes.outcome,
}


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with what its outcome will change, and lock both."""
    if legacy.is_about(attempt):
        return legacy.lock(attempt)
    return LOCKS[AttemptKind(attempt.kind)](attempt)


def is_news(attempt: Attempt, *, answer: Answer) -> bool:
    """Return whether `answer` changes the attempt. See `domain.is_news`."""
    return domain.is_news(
        answer,
        kind=AttemptKind(attempt.kind),
        status=AttemptStatus(attempt.status),
        sequence=attempt.sequence,
    )


def record(attempt: Attempt, *, answer: Answer, now: datetime) -> Any:
    """Write what the processor said; it is news.

    Where there is nothing to do but wait until an attempt ends, there is no handler.

    :returns: the object that the attempt is about; or a `DomainError` that tells of a decline.
    """
    kind, status = AttemptKind(attempt.kind), domain.STATUS_AFTER[answer.outcome]
    has_ended = status not in domain.UNSETTLED
    attempt.status = status.value
    attempt.code = answer.code
    attempt.action = dict(answer.action) or None
    attempt.sequence = answer.sequence
    attempt.settled_at = now if has_ended else None
    attempt.save(update_fields=["status", "code", "action", "sequence", "settled_at"])
    handlers = legacy.HANDLERS if legacy.is_about(attempt) else HANDLERS
    if not has_ended and (kind, answer.outcome) not in handlers:
        return outcome(attempt)
    return handlers[kind, answer.outcome](attempt, answer=answer, now=now)


def outcome(attempt: Attempt) -> Any:
    """Return the answer to a request whose attempt another process recorded, or no one yet."""
    if legacy.is_about(attempt):
        return legacy.outcome(attempt)
    return OUTCOMES[AttemptKind(attempt.kind)](attempt)
