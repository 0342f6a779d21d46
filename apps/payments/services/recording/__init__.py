"""What an outcome means: for the intent, the charge, the refund, the ledger and the events.

Every function here is part of one transaction, which holds the locks that `lock` took.
"""

from datetime import datetime
from typing import Any

from apps.payments.domain import Answer, AttemptKind, AttemptStatus, Outcome
from apps.payments.models import Attempt, Charge, Refund
from apps.payments.services.recording import charges, refunds


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with what its outcome will change, and lock both."""
    if attempt.kind == AttemptKind.REFUND:
        locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
        locked.refund = (
            Refund.objects.select_for_update(of=("self", "charge"), no_key=True)
            .select_related("charge")
            .get(pk=attempt.refund_id)
        )
        return locked
    return (
        Attempt.objects.select_for_update(of=("self", "payment_intent"), no_key=True)
        .select_related("payment_intent__payment_method", "payment_intent__latest_charge")
        .get(pk=attempt.pk)
    )


def record(attempt: Attempt, *, answer: Answer, now: datetime) -> Any:
    """Write what the processor said.

    :returns: the intent or the refund; or a `DomainError` that tells of a decline.
    """
    is_approved = answer.outcome == Outcome.APPROVED
    attempt.status = (AttemptStatus.SUCCEEDED if is_approved else AttemptStatus.FAILED).value
    attempt.code = answer.code
    attempt.settled_at = now
    attempt.save(update_fields=["status", "code", "settled_at"])
    match AttemptKind(attempt.kind), is_approved:
        case AttemptKind.CHARGE, True:
            return charges.approve(attempt, answer=answer, now=now)
        case AttemptKind.CHARGE, False:
            return charges.decline(attempt, answer=answer, now=now)
        case AttemptKind.CAPTURE, True:
            return charges.capture(attempt, now=now)
        case AttemptKind.VOID, True:
            return charges.release(attempt, now=now)
        case AttemptKind.REFUND, True:
            return refunds.approve(attempt, now=now)
        case AttemptKind.REFUND, False:
            return refunds.refuse(attempt, answer=answer)
        case _:
            return charges.refuse(attempt)


def outcome(attempt: Attempt) -> Any:
    """Return the answer to a request whose attempt another process recorded, or no one yet."""
    if attempt.kind == AttemptKind.REFUND:
        return attempt.refund
    intent = attempt.payment_intent
    if attempt.status != AttemptStatus.FAILED:
        return intent
    if attempt.kind != AttemptKind.CHARGE:
        return charges.refusal(attempt)
    charge = Charge.objects.select_related("payment_method").get(attempt_reference=attempt.id)
    return charges.decline_error(intent, charge=charge)
