"""Outcomes of refunds: taken on, paid, refused, stopped, or sent back by the payer's bank.

The ledger hears of a refund when the processor takes it on, and again if the money comes back; the
claim has taken the amount off the charge before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from apps.api import registry
from apps.balances import services as balances
from apps.core.clock import to_unix
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.events import services as events
from apps.ledger.domain import chart
from apps.payments import domain
from apps.payments.domain import Answer, AttemptKind, AttemptStatus, Outcome, RefundMove
from apps.payments.models import Attempt, Charge, Refund
from apps.payments.services import purses

log = structlog.get_logger(__name__)
# The code of a refund that was stopped.
CANCELED: Final = "canceled"
# How long a payer has to say where their money goes.
ACT_WITHIN: Final = timedelta(days=45)
_MOVES: Final = {
    Outcome.APPROVED: RefundMove.PAY,
    Outcome.PENDING: RefundMove.WAIT,
    Outcome.ACTION: RefundMove.ASK,
}


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with its refund and the charge, and lock all three.

    The charge comes first, as for whoever makes a refund; the refund's other attempt is locked too.
    """
    charge = Charge.objects.select_for_update(of=("self",), no_key=True).get(
        refunds=attempt.refund_id
    )
    refund = Refund.objects.select_for_update(no_key=True).get(pk=attempt.refund_id)
    refund.charge = charge
    attempts = Attempt.objects.select_for_update(no_key=True).filter(refund=refund)
    locked = next(one for one in attempts.order_by("id") if one.pk == attempt.pk)
    locked.refund = refund
    return locked


def outcome(attempt: Attempt) -> Refund | Charge:
    """Return the refund as it is, or its charge where that was asked for: a failure is no error."""
    refund = _refund(attempt)
    return refund.charge if attempt.details.get("answers_with") == "charge" else refund


def take_on(attempt: Attempt, *, answer: Answer, now: datetime) -> Refund | Charge:
    """The money went back, is on its way, or waits for the payer to say where it goes."""
    refund = _refund(attempt)
    if _is_to_cash(refund):
        return _give_back_to_cash(attempt, now=now)
    before = registry.render(refund)
    _move(refund, _MOVES[answer.outcome])
    refund.pending_reason = "processing" if answer.outcome is Outcome.PENDING else None
    refund.next_action = None
    if answer.outcome is Outcome.ACTION:
        refund.next_action = _next_action(refund, now=now)
    done = _enquiry_that_is_over(attempt)
    if refund.balance_transaction_id is not None:
        refund.save()
        events.record(_changes(refund, before=before), cancel=done)
        return outcome(attempt)
    posted = _give_back(refund, now=now)
    events.record(_first_changes(refund, before=before), schedule=[posted.release], cancel=done)
    return outcome(attempt)


def _give_back_to_cash(attempt: Attempt, *, now: datetime) -> Refund | Charge:
    """The customer has the money at once, whatever the processor has to wait for."""
    refund = _refund(attempt)
    done = _enquiry_that_is_over(attempt)
    if refund.balance_transaction_id is not None:
        events.record([], cancel=done)
        return outcome(attempt)
    before = registry.render(refund)
    _move(refund, RefundMove.PAY)
    posted = _give_back(refund, now=now)
    events.record(_first_changes(refund, before=before), schedule=[posted.release], cancel=done)
    return outcome(attempt)


def fail(attempt: Attempt, *, answer: Answer, now: datetime) -> Refund | Charge:
    """The processor gives nothing back, or the money came back: the charge has it again."""
    refund = _refund(attempt)
    if _is_to_cash(refund) and refund.balance_transaction_id is not None:
        # The customer has it, and may have spent it: nobody can send that back.
        log.error("refund.difference", refund=refund.id, attempt=attempt.id, code=answer.code)
        events.record([], cancel=[attempt.enquiry_key])
        return outcome(attempt)
    before = registry.render(refund)
    _fail(refund, answer=answer, now=now)
    _put_back(refund, before=before, told="refund.failed", done=[attempt.enquiry_key], now=now)
    return outcome(attempt)


def cancel(attempt: Attempt, *, now: datetime, **_: object) -> Refund:
    """The processor stopped a refund that waited for its payer."""
    refund = _refund(attempt)
    before = registry.render(refund)
    stopped = refund.attempts.get(kind=AttemptKind.REFUND)
    done = [attempt.enquiry_key, stopped.enquiry_key]
    if domain.is_refund_over(domain.RefundStatus(refund.status)):
        # It was heard of by an answer to the refund itself, which overtook this one.
        events.record([], cancel=done)
        return refund
    _move(refund, RefundMove.CANCEL)
    # As the processor itself says from now on.
    stopped.status, stopped.code = AttemptStatus.FAILED.value, CANCELED
    stopped.settled_at = now
    stopped.save(update_fields=["status", "code", "settled_at"])
    _put_back(refund, before=before, told="refund.updated", done=done, now=now)
    return refund


def pay_without_money(refund: Refund) -> events.Change:
    """Let a refund succeed that released an authorisation: nothing was taken, so nothing is posted.

    :returns: what is to be told.
    """
    before = registry.render(refund)
    _move(refund, RefundMove.PAY)
    refund.save(update_fields=["status"])
    return events.Change("refund.updated", refund, previous=before)


def fail_without_money(refund: Refund, *, answer: Answer, now: datetime) -> list[events.Change]:
    """Let a refund fail that was to release an authorisation.

    :returns: what is to be told.
    """
    before = registry.render(refund)
    _fail(refund, answer=answer, now=now)
    refund.save(update_fields=["status", "failure_reason", "failed_at"])
    return _changes(refund, before=before, told="refund.failed")


def keep(attempt: Attempt, **_: object) -> DomainError:
    """The processor would not stop the refund: it goes on."""
    events.record([], cancel=[attempt.enquiry_key])
    return _refusal(attempt)


def outcome_of_cancel(attempt: Attempt) -> Refund | DomainError:
    """Return the refund as it is, or what is said of one that could not be stopped."""
    return _refusal(attempt) if attempt.status == AttemptStatus.FAILED else _refund(attempt)


def _enquiry_that_is_over(attempt: Attempt) -> list[str]:
    """Return the key of the enquiry, unless the processor has yet to say how the attempt ends."""
    return [] if attempt.status in domain.UNSETTLED else [attempt.enquiry_key]


def _refund(attempt: Attempt) -> Refund:
    assert attempt.refund is not None
    return attempt.refund


def _move(refund: Refund, move: RefundMove) -> None:
    refund.status = domain.next_refund_status(domain.RefundStatus(refund.status), move).value


def _fail(refund: Refund, *, answer: Answer, now: datetime) -> None:
    _move(refund, RefundMove.FAIL)
    refund.failure_reason = answer.code or "unknown"
    refund.failed_at = now


def _give_back(refund: Refund, *, now: datetime) -> balances.Posted:
    """Post the money as gone from the account."""
    charge = refund.charge
    if _is_to_cash(refund):
        purses.note_refund(refund, now=now)
    posted = balances.post_balance_transaction(
        kind="refund" if _is_of_card(charge) else "payment_refund",
        source=refund.id,
        money=-refund.money,
        fee=Money(0, refund.currency),
        processor=charge.processor,
        reference=f"refund:{refund.id}",
        description="REFUND FOR CHARGE" if _is_of_card(charge) else "REFUND FOR PAYMENT",
        now=now,
        # The money may still be pending: then it goes back out of what is pending.
        available_on=max(now, charge.available_on or now),
        against=_other_side(refund),
    )
    refund.balance_transaction_id = posted.id
    refund.save()
    return posted


def _put_back(
    refund: Refund, *, before: registry.Wire, told: str, done: Sequence[str], now: datetime
) -> None:
    """Give the amount back to the charge, and the money to the account if it was gone; tell."""
    charge = refund.charge
    charge.amount_refunded_minor -= refund.amount_minor
    charge.save(update_fields=["amount_refunded_minor"])
    refund.next_action, refund.pending_reason = None, None
    schedule = []
    if refund.balance_transaction_id is not None:
        posted = balances.post_balance_transaction(
            kind="refund_failure",
            source=refund.id,
            money=refund.money,
            fee=Money(0, refund.currency),
            processor=charge.processor,
            reference=f"refund_failure:{refund.id}",
            description="REFUND FAILURE",
            now=now,
            # What went out of the pending money is pending again.
            available_on=max(now, charge.available_on or now),
        )
        refund.failure_balance_transaction_id = posted.id
        schedule.append(posted.release)
    refund.save()
    events.record(_changes(refund, before=before, told=told), schedule=schedule, cancel=done)


def _other_side(refund: Refund) -> str:
    """Return the ledger account that the money goes to, where that is not what a processor owes."""
    if not _is_to_cash(refund):
        return ""
    assert refund.charge.customer_id is not None
    return chart.customer_cash(refund.charge.customer_id)


def _is_to_cash(refund: Refund) -> bool:
    return bool(refund.destination.get("type") == "customer_cash_balance")


def _is_of_card(charge: Charge) -> bool:
    return bool(charge.payment_method_details.get("type", "card") == "card")


def _changes(
    refund: Refund, *, before: registry.Wire, told: str = "refund.updated"
) -> list[events.Change]:
    return [
        events.Change(told, refund, previous=before),
        events.Change("charge.refund.updated", refund, previous=before),
    ]


def _first_changes(refund: Refund, *, before: registry.Wire) -> list[events.Change]:
    return [
        events.Change("refund.updated", refund, previous=before),
        events.Change("charge.refunded", refund.charge, previous=_shown_before_claim(refund)),
    ]


def _shown_before_claim(refund: Refund) -> registry.Wire:
    """Return the charge as it was shown before this refund was claimed on it."""
    refunded = refund.charge.amount_refunded_minor - refund.amount_minor
    return {**registry.render(refund.charge), "amount_refunded": refunded, "refunded": False}


def _next_action(refund: Refund, *, now: datetime) -> registry.Wire:
    """Return what the payer is asked: to follow the instructions that they were sent."""
    return {
        "display_details": {
            "email_sent": {
                "email_sent_at": to_unix(now),
                "email_sent_to": refund.instructions_email,
            },
            "expires_at": to_unix(now + ACT_WITHIN),
        },
        "type": "display_details",
    }


def _refusal(attempt: Attempt) -> DomainError:
    return domain.IllegalRefundMove(
        "The processor would not cancel the refund any more; it goes on.",
        code=attempt.code or None,
    )
