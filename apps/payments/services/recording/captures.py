"""Outcomes for money that was authorised: captured, released, or neither."""

from datetime import datetime

from apps.api import registry
from apps.core import jobs
from apps.core.errors import DomainError
from apps.events import services as events
from apps.payments import domain
from apps.payments.domain import AttemptStatus, Move
from apps.payments.models import Attempt, Charge, PaymentIntent
from apps.payments.services.recording import taking
from apps.payments.services.recording.payments import intent_of, move


def capture(attempt: Attempt, *, now: datetime, **_: object) -> PaymentIntent:
    """The authorised money, or a part of it, was taken; after the last part the rest is released.

    Each part is a balance transaction of its own.
    """
    intent, charge = authorised(attempt)
    before = registry.render(charge)
    reference = f"capture:{attempt.id}" if charge.is_captured else ""
    due = taking.take(charge, money=attempt.money, now=now, at_once=False, reference=reference)
    charge.statement_descriptor = intent.statement_descriptor
    charge.statement_descriptor_suffix = intent.statement_descriptor_suffix
    charge.save()
    intent.amount_received_minor += attempt.amount_minor
    intent.amount_capturable_minor -= attempt.amount_minor
    if attempt.details.get("is_final", True) or intent.amount_capturable_minor == 0:
        move(intent, towards=Move.APPROVE)
        intent.amount_capturable_minor = 0
        said, over = "payment_intent.succeeded", [intent.expiry_key]
    else:
        move(intent, towards=Move.CAPTURE_PART)
        said, over = "payment_intent.amount_capturable_updated", []
    intent.save()
    events.record(
        [events.Change("charge.captured", charge, previous=before), events.Change(said, intent)],
        schedule=[due],
        cancel=[attempt.enquiry_key, *over],
    )
    return intent


def release(attempt: Attempt, *, now: datetime, **_: object) -> PaymentIntent:
    """The authorisation was given back, and the intent is over.

    Of a payment that was captured in part the rest was given back: it has succeeded with the part.
    """
    intent, charge = authorised(attempt)
    over = [attempt.enquiry_key, intent.expiry_key]
    intent.amount_capturable_minor = 0
    if charge.is_captured:
        move(intent, towards=Move.APPROVE)
        intent.cancellation_reason = None
        intent.save()
        events.record([events.Change("payment_intent.succeeded", intent)], cancel=over)
        return intent
    before = registry.render(charge)
    charge.is_released = True
    charge.save(update_fields=["is_released"])
    move(intent, towards=Move.CANCEL)
    intent.canceled_at = now
    intent.save()
    has_expired = intent.cancellation_reason == domain.EXPIRED
    said = "charge.expired" if has_expired else "charge.refunded"
    events.record(
        [
            events.Change(said, charge, previous=before),
            events.Change("payment_intent.canceled", intent),
        ],
        cancel=over,
    )
    return intent


def refuse(attempt: Attempt, **_: object) -> DomainError:
    """The processor would not capture, raise or release: the authorisation stands as before."""
    intent = intent_of(attempt)
    move(intent, towards=Move.REFUSE_CAPTURE)
    intent.cancellation_reason = None
    intent.save()
    events.record([], cancel=[attempt.enquiry_key])
    return refusal(attempt)


def refusal(attempt: Attempt) -> DomainError:
    """Return what is said of a capture or a release that the processor refused."""
    return domain.CardDeclined(
        f"The processor refused the {attempt.kind}; the authorisation stands as it was.",
        code=attempt.code or None,
        payment_intent=intent_of(attempt),
    )


def outcome(attempt: Attempt) -> PaymentIntent | DomainError:
    """Return the intent as it is, or what is said of an attempt that failed."""
    is_refused = attempt.status == AttemptStatus.FAILED
    return refusal(attempt) if is_refused else intent_of(attempt)


def expiry(intent: PaymentIntent, *, due_at: datetime) -> jobs.Due:
    """Return the job that lets the authorisation of `intent` go."""
    return jobs.Due(
        key=intent.expiry_key,
        task="payments.expire",
        due_at=due_at,
        kwargs={"intent_id": intent.id},
    )


def authorised(attempt: Attempt) -> tuple[PaymentIntent, Charge]:
    """Return the intent of an attempt, and the charge that was authorised for it, locked.

    What was captured of it may be refunded or disputed while the next part is captured.
    """
    intent = intent_of(attempt)
    charge = Charge.objects.select_for_update(no_key=True).get(pk=intent.latest_charge_id)
    intent.latest_charge = charge
    return intent, charge
