"""Giving a payment up: by the merchant, or because its authorisation has grown too old."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.core import context, jobs
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.payments import domain, queries
from apps.payments.domain import AttemptKind, Move, Status
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services import attempts, terms
from apps.payments.services.capturing import claim_on_charge
from apps.payments.services.recording import captures

# When the authorisation is looked at again that could not be let go when its time had come.
_LOOK_AGAIN_AFTER = timedelta(hours=1)


def cancel_payment_intent(*, intent_id: str, reason: str | None, now: datetime) -> PaymentIntent:
    """Give the payment up; an authorisation is released at the processor first.

    :raises IllegalMove: it succeeded, was canceled, or is with the processor right now.
    """
    intent = queries.get_payment_intent(intent_id)
    if intent.status == Status.REQUIRES_CAPTURE:
        attempt = claim_release(intent_id=intent_id, reason=reason, now=now)
        canceled: PaymentIntent = attempts.carry_out(attempt)
        return canceled
    return _cancel(intent_id=intent_id, reason=reason, now=now)


def expire_authorisation(*, intent_id: str, now: datetime) -> None:
    """Let an authorisation go that was not captured in its time. Safe to repeat."""
    account_id = PaymentIntent.objects.values_list("account_id", flat=True).get(pk=intent_id)
    with context.amended(account_id=account_id):
        _expire(intent_id, now=now)


def _expire(intent_id: str, *, now: datetime) -> None:
    intent = queries.get_payment_intent(intent_id)
    charge = intent.latest_charge
    if charge is None or charge.capture_before is None:
        return
    if intent.status == Status.REQUIRES_CAPTURE and charge.capture_before <= now:
        try:
            attempts.carry_out(claim_release(intent_id=intent_id, reason=domain.EXPIRED, now=now))
        except domain.IllegalMove:
            pass  # it was captured, or canceled, just now: what became of it is looked at below
        except domain.CardDeclined:
            pass  # the processor holds on to it: the authorisation stands, and is looked at below
        intent.refresh_from_db(fields=["status"])
    if intent.status in (Status.REQUIRES_CAPTURE, Status.PROCESSING):
        due_at = max(charge.capture_before, now + _LOOK_AGAIN_AFTER)
        jobs.schedule(captures.expiry(intent, due_at=due_at))


@transaction.atomic(durable=True)
def claim_release(*, intent_id: str, reason: str | None, now: datetime) -> Attempt:
    """Claim the release of an authorisation; the processor is called when this has committed.

    :raises IllegalMove: there is none.
    """
    intent = queries.get_payment_intent(intent_id, for_update=True)
    terms.move(intent, towards=Move.SUBMIT_VOID)
    intent.cancellation_reason = reason
    intent.save()
    return claim_on_charge(intent, kind=AttemptKind.VOID, money=intent.capturable, now=now)


@use_case
def _cancel(*, intent_id: str, reason: str | None, now: datetime) -> PaymentIntent:
    intent = queries.get_payment_intent(intent_id, for_update=True)
    if intent.status == Status.PROCESSING:
        raise domain.IllegalMove(
            "This PaymentIntent cannot be canceled while the processor works on it.",
            payment_intent=intent,
        )
    terms.leave_action(intent, now=now)
    terms.move(intent, towards=Move.CANCEL)
    intent.canceled_at = now
    intent.cancellation_reason = reason
    intent.save()
    events.record([events.Change("payment_intent.canceled", intent)])
    return intent
