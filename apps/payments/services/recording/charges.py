"""Outcomes that change an intent and its charge: paid, authorised, declined, captured, released."""

from datetime import datetime
from typing import Any

from apps.api import registry
from apps.balances import services as balances
from apps.core import context, ids, jobs
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.events import services as events
from apps.payments import domain
from apps.payments.domain import Answer, AttemptKind, AttemptStatus, Move, Status
from apps.payments.models import Attempt, Charge, PaymentIntent, PaymentMethod
from apps.tenants import queries as tenants


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with the intent and its charge, and lock attempt and intent."""
    return (
        Attempt.objects.select_for_update(of=("self", "payment_intent"), no_key=True)
        .select_related("payment_intent__payment_method", "payment_intent__latest_charge")
        # This makes the join an inner one: the outer side of a join cannot be locked.
        .filter(payment_intent__account_id=attempt.account_id)
        .get(pk=attempt.pk)
    )


def approve(attempt: Attempt, *, answer: Answer, now: datetime) -> PaymentIntent:
    """The processor charged, or authorised for a capture later."""
    intent = _intent(attempt)
    charge = _new_charge(attempt, now=now, status="succeeded")
    schedule: list[jobs.Due] = []
    if attempt.details["capture"]:
        schedule.append(_take(charge, attempt.money, now=now, at_once=answer.available_at_once))
        _move(intent, Move.APPROVE)
        intent.amount_received_minor = attempt.amount_minor
        said = "payment_intent.succeeded"
    else:
        _move(intent, Move.AUTHORISE)
        intent.amount_capturable_minor = attempt.amount_minor
        said = "payment_intent.amount_capturable_updated"
    charge.payment_method_details["card"]["amount_authorized"] = attempt.amount_minor
    charge.save(force_insert=True)
    intent.latest_charge = charge
    intent.last_payment_error = None
    intent.save()
    events.record(
        [
            events.Change("charge.succeeded", charge),
            events.Change(said, intent),
            *_keep_method(intent),
        ],
        schedule=schedule,
        cancel=[attempt.enquiry_key],
    )
    return intent


def decline(attempt: Attempt, *, answer: Answer, now: datetime) -> DomainError:
    """The charge failed: it is kept, and the intent waits for another payment method.

    :returns: what the caller is told, once this has committed.
    """
    intent = _intent(attempt)
    charge = _new_charge(attempt, now=now, status="failed")
    charge.failure_code = answer.code
    charge.failure_message = answer.message
    charge.decline_code = answer.decline_code or None
    charge.save(force_insert=True)
    method = intent.payment_method
    _move(intent, Move.DECLINE)
    intent.latest_charge = charge
    intent.last_payment_error = {
        "charge": charge.id,
        "code": answer.code,
        "decline_code": answer.decline_code or None,
        "message": answer.message,
        "payment_method": registry.render(method),
        "type": "card_error",
    }
    # A declined method is let go: confirming again needs another one.
    intent.payment_method = None
    intent.save()
    events.record(
        [
            events.Change("charge.failed", charge),
            events.Change("payment_intent.payment_failed", intent),
        ],
        cancel=[attempt.enquiry_key],
    )
    return decline_error(intent, charge=charge)


def capture(attempt: Attempt, *, now: datetime, **_: object) -> PaymentIntent:
    """The authorised money, or a part of it, was taken; the rest is released."""
    intent, charge = _authorised(attempt)
    before = registry.render(charge)
    due = _take(charge, attempt.money, now=now, at_once=False)
    charge.statement_descriptor = intent.statement_descriptor
    charge.statement_descriptor_suffix = intent.statement_descriptor_suffix
    charge.save()
    _move(intent, Move.APPROVE)
    intent.amount_received_minor = attempt.amount_minor
    intent.amount_capturable_minor = 0
    intent.save()
    events.record(
        [
            events.Change("charge.captured", charge, previous=before),
            events.Change("payment_intent.succeeded", intent),
        ],
        schedule=[due],
        cancel=[attempt.enquiry_key],
    )
    return intent


def release(attempt: Attempt, *, now: datetime, **_: object) -> PaymentIntent:
    """The authorisation was given back, and the intent is over."""
    intent, charge = _authorised(attempt)
    before = registry.render(charge)
    charge.is_released = True
    charge.save(update_fields=["is_released"])
    _move(intent, Move.CANCEL)
    intent.amount_capturable_minor = 0
    intent.canceled_at = now
    intent.save()
    events.record(
        [
            events.Change("charge.refunded", charge, previous=before),
            events.Change("payment_intent.canceled", intent),
        ],
        cancel=[attempt.enquiry_key],
    )
    return intent


def refuse(attempt: Attempt, **_: object) -> DomainError:
    """The processor would not capture or release: the authorisation stands as before."""
    intent = _intent(attempt)
    _move(intent, Move.REFUSE_CAPTURE)
    intent.cancellation_reason = None
    intent.save()
    events.record([], cancel=[attempt.enquiry_key])
    return refusal(attempt)


def refusal(attempt: Attempt) -> DomainError:
    """Return what is said of a capture or a release that the processor refused."""
    return domain.CardDeclined(
        f"The processor refused the {attempt.kind}; the authorisation stands.",
        code=attempt.code or None,
        payment_intent=_intent(attempt),
    )


def outcome(attempt: Attempt) -> PaymentIntent | DomainError:
    """Return the intent as it is, or what is said of an attempt that failed."""
    intent = _intent(attempt)
    if attempt.status != AttemptStatus.FAILED:
        return intent
    if attempt.kind != AttemptKind.CHARGE:
        return refusal(attempt)
    charge = Charge.objects.select_related("payment_method").get(attempt_reference=attempt.id)
    return decline_error(intent, charge=charge)


def decline_error(intent: PaymentIntent, *, charge: Charge) -> DomainError:
    """Return what is said of a declined charge."""
    return domain.CardDeclined(
        charge.failure_message or "Your card was declined.",
        code=charge.failure_code,
        decline_code=charge.decline_code,
        charge=charge.id,
        payment_intent=intent,
        payment_method=charge.payment_method,
    )


def _intent(attempt: Attempt) -> PaymentIntent:
    """Return the intent of an attempt that has one."""
    assert attempt.payment_intent is not None
    return attempt.payment_intent


def _authorised(attempt: Attempt) -> tuple[PaymentIntent, Charge]:
    """Return the intent of an attempt, and the charge that was authorised for it."""
    intent = _intent(attempt)
    assert intent.latest_charge is not None
    return intent, intent.latest_charge


def _take(charge: Charge, money: Money, *, now: datetime, at_once: bool) -> jobs.Due:
    """Post what was captured, less the fee of the hosting plan; return the job of its release."""
    plan = tenants.current_plan()
    available_on = now if at_once else now + plan.available_after
    posted = balances.post_balance_transaction(
        kind="charge",
        source=charge.id,
        money=money,
        fee=plan.fee_schedule.fee(money),
        processor=charge.processor,
        reference=f"charge:{charge.id}",
        description=charge.description,
        now=now,
        available_on=available_on,
    )
    charge.amount_captured_minor = money.minor
    charge.is_captured = True
    charge.available_on = available_on
    charge.balance_transaction_id = posted.id
    return posted.release


def _keep_method(intent: PaymentIntent) -> list[events.Change]:
    """Attach the payment method to the customer if it is to be used again; return what happened.

    One that was attached to somebody else meanwhile stays with them.
    """
    method = intent.payment_method
    if not intent.setup_future_usage or not intent.customer_id or method is None:
        return []
    free = PaymentMethod.objects.filter(pk=method.pk, customer=None)
    if method.customer_id or not free.update(customer=intent.customer_id):
        return []
    method.customer_id = intent.customer_id
    return [events.Change("payment_method.attached", method)]


def _new_charge(attempt: Attempt, *, now: datetime, status: str) -> Charge:
    intent = _intent(attempt)
    method = intent.payment_method
    assert method is not None
    return Charge(
        id=ids.new_id("ch"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=intent.metadata,
        payment_intent=intent,
        payment_method=method,
        customer_id=intent.customer_id,
        attempt_reference=attempt.id,
        processor=attempt.processor,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        status=status,
        payment_method_details={"type": method.type, "card": _card_details(method)},
        billing_details=method.billing_details,
        description=intent.description,
        receipt_email=intent.receipt_email,
        shipping=intent.shipping,
        statement_descriptor=intent.statement_descriptor,
        statement_descriptor_suffix=intent.statement_descriptor_suffix,
        transfer_group=intent.transfer_group,
    )


def _card_details(method: Any) -> dict[str, Any]:
    """Return the card as it was when it was charged; the method may change later."""
    return {
        "amount_authorized": None,
        "authorization_code": None,
        "brand": method.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": None,
        },
        "country": method.country,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "fingerprint": method.fingerprint,
        "funding": method.funding,
        "installments": None,
        "last4": method.last4,
        "mandate": None,
        "network": method.brand,
        "network_token": None,
        "network_transaction_id": None,
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }


def _move(intent: PaymentIntent, move: Move) -> None:
    intent.status = domain.next_status(Status(intent.status), move).value
