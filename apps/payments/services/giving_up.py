"""Attempts that are given up: another one takes their place, or the payment is over.

What an abandoned attempt began at the processor is cancelled there as well, by a job: the processor
may be slow, and whoever gave it up need not wait.
"""

from datetime import datetime, timedelta

from apps.core import jobs
from apps.payments import processors
from apps.payments.domain import AttemptKind, AttemptStatus, Order, Outcome
from apps.payments.models import Attempt, PaymentIntent, SetupIntent
from apps.payments.services.recording import cash

CASH = "customer_balance"
_RETRY_AFTER = timedelta(minutes=10)


def abandon_action(subject: PaymentIntent | SetupIntent, *, now: datetime) -> None:
    """Give up the attempt that waits for the customer to act; part of the caller's transaction.

    The caller has locked the intent, and `recording` locks it before it touches the attempt.
    """
    for attempt in subject.attempts.filter(status=AttemptStatus.ACTING.value):
        attempt.status = AttemptStatus.ABANDONED.value
        attempt.settled_at = now
        attempt.save(update_fields=["status", "settled_at"])
        jobs.cancel([attempt.enquiry_key])
        jobs.schedule(_release_job(attempt, due_at=now))
        if isinstance(subject, PaymentIntent) and attempt.details["method_type"] == CASH:
            cash.give_back(subject, now=now)


def release_abandoned(*, attempt_id: str, now: datetime) -> None:
    """Cancel at the processor what an abandoned attempt began there. Safe to repeat."""
    attempt = Attempt.objects.filter(pk=attempt_id, status=AttemptStatus.ABANDONED.value).first()
    if attempt is None:
        return
    answer = processors.call(
        attempt.processor,
        Order(
            kind=AttemptKind.VOID,
            reference=f"{attempt.id}_void",
            money=attempt.money,
            original=attempt.id,
        ),
        now=now,
    )
    if answer.outcome is Outcome.UNKNOWN:
        jobs.schedule(_release_job(attempt, due_at=now + _RETRY_AFTER))


def _release_job(attempt: Attempt, *, due_at: datetime) -> jobs.Due:
    return jobs.Due(
        key=f"release:{attempt.id}",
        task="payments.release_abandoned",
        due_at=due_at,
        kwargs={"attempt_id": attempt.id},
    )
