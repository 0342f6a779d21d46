"""Outcomes of charges that were made without a payment, by `POST /v1/charges`.

The charge is there since the claim, `pending`; what a processor says is all that happens to it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from apps.api import registry
from apps.core import clock, jobs
from apps.core.errors import DomainError
from apps.events import services as events
from apps.payments import domain
from apps.payments.domain import Answer, AttemptKind, AttemptStatus, Outcome
from apps.payments.models import Attempt, Charge, Refund
from apps.payments.services.recording import charges, refunds, taking
from apps.payments.services.recording.actions import REQUIRED

EXPIRE: Final = "payments.expire_charge"
_KINDS: Final = frozenset({AttemptKind.CHARGE, AttemptKind.CAPTURE, AttemptKind.VOID})


def is_about(attempt: Attempt) -> bool:
    """Return whether an attempt is about a charge that has no payment."""
    return (
        attempt.payment_intent_id is None
        and attempt.charge_id is not None
        and (attempt.kind in _KINDS)
    )


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with its charge and its refund if it has one, and lock them all."""
    assert attempt.charge_id is not None
    charge = Charge.objects.select_for_update(no_key=True).get(pk=attempt.charge_id)
    refund = None
    if attempt.refund_id is not None:
        refund = Refund.objects.select_for_update(no_key=True).get(pk=attempt.refund_id)
        refund.charge = charge
    locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    locked.charge, locked.refund = charge, refund
    return locked


def outcome(attempt: Attempt) -> Charge | Refund | DomainError:
    """Return the charge or its refund as they are, or what is said of an attempt that failed."""
    charge = _charge(attempt)
    if attempt.kind == AttemptKind.VOID:
        return _released(attempt)
    if attempt.status != AttemptStatus.FAILED:
        return charge
    if attempt.kind == AttemptKind.CAPTURE:
        return _capture_refused(attempt)
    return domain.CardDeclined(
        charge.failure_message or "Your card was declined.",
        code=charge.failure_code,
        decline_code=charge.decline_code,
        charge=charge.id,
    )


def _approve(attempt: Attempt, *, answer: Answer, now: datetime) -> Charge:
    """The processor charged, or authorised for a capture later."""
    charge = _charge(attempt)
    before = registry.render(charge)
    charges.note_network(charge, answer=answer)
    charge.status = "succeeded"
    if charge.payment_method.type == "card":
        charge.payment_method_details["card"]["amount_authorized"] = charge.amount_minor
    if attempt.details["capture"]:
        schedule = [
            taking.take(charge, money=attempt.money, now=now, at_once=answer.available_at_once)
        ]
    else:
        schedule = [_hold(charge, until=answer.capture_before or now + domain.AUTHORISED_FOR)]
    charge.save()
    events.record(
        [events.Change("charge.succeeded", charge, previous=before)],
        schedule=schedule,
        cancel=[attempt.enquiry_key],
    )
    return charge


def _decline(attempt: Attempt, *, answer: Answer, **_: object) -> Charge | Refund | DomainError:
    """The charge failed, and is kept."""
    charge = _charge(attempt)
    before = registry.render(charge)
    charges.note_network(charge, answer=answer)
    charge.status = "failed"
    charge.failure_code = answer.code
    charge.failure_message = answer.message
    charge.decline_code = answer.decline_code or None
    charge.save()
    events.record(
        [events.Change("charge.failed", charge, previous=before)], cancel=[attempt.enquiry_key]
    )
    return outcome(attempt)


def _decline_to_ask(attempt: Attempt, *, now: datetime, **_: object) -> Any:
    """The payer would have to prove who they are: a charge without a payment cannot ask them."""
    attempt.status, attempt.code = AttemptStatus.FAILED.value, REQUIRED.code
    attempt.action, attempt.settled_at = None, now
    attempt.save(update_fields=["status", "code", "action", "settled_at"])
    return _decline(attempt, answer=REQUIRED)


def _wait(attempt: Attempt, **_: object) -> Charge:
    """A bank took a debit on; whether there is money, it says later."""
    charge = _charge(attempt)
    events.record([events.Change("charge.pending", charge)])
    return charge


def _capture(attempt: Attempt, *, now: datetime, **_: object) -> Charge:
    """The authorised money, or a part of it, was taken; the rest is released."""
    charge = _charge(attempt)
    before = registry.render(charge)
    due = taking.take(charge, money=attempt.money, now=now, at_once=False)
    charge.save()
    events.record(
        [events.Change("charge.captured", charge, previous=before)],
        schedule=[due],
        cancel=[attempt.enquiry_key, expiry_key(charge)],
    )
    return charge


def _refuse_capture(attempt: Attempt, **_: object) -> DomainError:
    events.record([], cancel=[attempt.enquiry_key])
    return _capture_refused(attempt)


def _capture_refused(attempt: Attempt) -> DomainError:
    return domain.CardDeclined(
        "The processor refused the capture; the authorisation stands.",
        code=attempt.code or None,
        charge=attempt.charge_id,
    )


def _release(attempt: Attempt, **_: object) -> Charge | Refund:
    """The authorisation was given back: somebody asked for it, or its time was over."""
    charge = _charge(attempt)
    before = registry.render(charge)
    charge.is_released = True
    charge.save(update_fields=["is_released"])
    told = []
    if attempt.refund is not None:
        told.append(refunds.pay_without_money(attempt.refund))
    said = "charge.expired" if attempt.refund is None else "charge.refunded"
    events.record(
        [*told, events.Change(said, charge, previous=before)],
        cancel=[attempt.enquiry_key, expiry_key(charge)],
    )
    return _released(attempt)


def _keep(attempt: Attempt, *, answer: Answer, now: datetime) -> Charge | Refund:
    """The processor does not let the authorisation go."""
    told = []
    if attempt.refund is not None:
        told = refunds.fail_without_money(attempt.refund, answer=answer, now=now)
    events.record(told, cancel=[attempt.enquiry_key])
    return _released(attempt)


def _released(attempt: Attempt) -> Charge | Refund:
    refund = attempt.refund
    if refund is None or attempt.details.get("answers_with") == "charge":
        return _charge(attempt)
    return refund


def expiry_key(charge: Charge) -> str:
    """Return the key of the job that lets the authorisation go when its time is over."""
    return f"expire_charge:{charge.id}"


def expiry(charge: Charge, *, due_at: datetime) -> jobs.Due:
    """Return that job."""
    return jobs.Due(
        key=expiry_key(charge), task=EXPIRE, due_at=due_at, kwargs={"charge_id": charge.id}
    )


def _hold(charge: Charge, *, until: datetime) -> jobs.Due:
    charge.capture_before = until
    charge.payment_method_details["card"]["capture_before"] = clock.to_unix(until)
    return expiry(charge, due_at=until)


def _charge(attempt: Attempt) -> Charge:
    assert attempt.charge is not None
    return attempt.charge


HANDLERS: Final[Mapping[tuple[AttemptKind, Outcome], Callable[..., Any]]] = {
    (AttemptKind.CHARGE, Outcome.APPROVED): _approve,
    (AttemptKind.CHARGE, Outcome.DECLINED): _decline,
    (AttemptKind.CHARGE, Outcome.ACTION): _decline_to_ask,
    (AttemptKind.CHARGE, Outcome.PENDING): _wait,
    (AttemptKind.CAPTURE, Outcome.APPROVED): _capture,
    (AttemptKind.CAPTURE, Outcome.DECLINED): _refuse_capture,
    (AttemptKind.VOID, Outcome.APPROVED): _release,
    (AttemptKind.VOID, Outcome.DECLINED): _keep,
}
