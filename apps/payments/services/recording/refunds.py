"""Outcomes of refunds: the money went back, or the processor would not give it."""

from datetime import datetime

from apps.api import registry
from apps.balances import services as balances
from apps.core.money import Money
from apps.events import services as events
from apps.payments.domain import Answer
from apps.payments.models import Attempt, Refund


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with its refund and the charge, and lock all three."""
    refund = (
        Refund.objects.select_for_update(of=("self", "charge"), no_key=True)
        .select_related("charge")
        .get(pk=attempt.refund_id)
    )
    locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    locked.refund = refund
    return locked


def outcome(attempt: Attempt) -> Refund:
    """Return the refund as it is: one that failed is no error."""
    assert attempt.refund is not None
    return attempt.refund


def approve(attempt: Attempt, *, now: datetime, **_: object) -> Refund:
    """The money went back: post it, and tell."""
    refund = attempt.refund
    assert refund is not None
    charge = refund.charge
    before = registry.render(refund)
    posted = balances.post_balance_transaction(
        kind="refund",
        source=refund.id,
        money=-refund.money,
        fee=Money(0, refund.currency),
        processor=attempt.processor,
        reference=f"refund:{refund.id}",
        description="REFUND FOR CHARGE",
        now=now,
        # The money may still be pending: then it goes back out of what is pending.
        available_on=max(now, charge.available_on or now),
    )
    refund.status = "succeeded"
    refund.balance_transaction_id = posted.id
    refund.save(update_fields=["status", "balance_transaction_id"])
    # The claim has taken the amount off the charge already.
    charge_before = {
        **registry.render(charge),
        "amount_refunded": charge.amount_refunded_minor - refund.amount_minor,
        "refunded": False,
    }
    events.record(
        [
            events.Change("refund.updated", refund, previous=before),
            events.Change("charge.refunded", charge, previous=charge_before),
        ],
        schedule=[posted.release],
        cancel=[attempt.enquiry_key],
    )
    return refund


def refuse(attempt: Attempt, *, answer: Answer, **_: object) -> Refund:
    """The processor gives nothing back: what the claim took off the charge is put back on it."""
    refund = attempt.refund
    assert refund is not None
    charge = refund.charge
    before = registry.render(refund)
    charge.amount_refunded_minor -= refund.amount_minor
    charge.save(update_fields=["amount_refunded_minor"])
    refund.status = "failed"
    refund.failure_reason = answer.code or "unknown"
    refund.save(update_fields=["status", "failure_reason"])
    events.record(
        [
            events.Change("refund.failed", refund, previous=before),
            events.Change("charge.refund.updated", refund, previous=before),
        ],
        cancel=[attempt.enquiry_key],
    )
    return refund
