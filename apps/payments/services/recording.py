"""What an outcome means: for the intent, the charge, the refund, the ledger and the events.

Every function here is part of one transaction, which holds the locks that `lock` took.
"""

from datetime import datetime
from typing import Any

from apps.api import registry
from apps.balances import services as balances
from apps.core import context, ids, jobs
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.events import services as events
from apps.payments import domain
from apps.payments.domain import (
    Answer,
    AttemptKind,
    AttemptStatus,
    Move,
    Outcome,
    Status,
)
from apps.payments.models import Attempt, Charge, PaymentIntent, PaymentMethod, Refund
from apps.tenants import queries as tenants


def enquiry_key(attempt: Attempt) -> str:
    """Return the key of the job that asks after `attempt`."""
    return f"enquiry:{attempt.id}"


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
            return _charge_approved(attempt, answer, now=now)
        case AttemptKind.CHARGE, False:
            return _charge_declined(attempt, answer, now=now)
        case AttemptKind.CAPTURE, True:
            return _captured(attempt, now=now)
        case AttemptKind.VOID, True:
            return _released(attempt, now=now)
        case AttemptKind.REFUND, True:
            return _refunded(attempt, now=now)
        case AttemptKind.REFUND, False:
            return _refund_refused(attempt, answer)
        case _:
            return _refused(attempt)


def outcome(attempt: Attempt) -> Any:
    """Return the answer to a request whose attempt another process recorded, or no one yet."""
    if attempt.kind == AttemptKind.REFUND:
        return attempt.refund
    intent = attempt.payment_intent
    if attempt.status != AttemptStatus.FAILED:
        return intent
    if attempt.kind != AttemptKind.CHARGE:
        return _refusal(attempt)
    charge = Charge.objects.select_related("payment_method").get(attempt_reference=attempt.id)
    return _decline_error(intent, charge)


def _charge_approved(attempt: Attempt, answer: Answer, *, now: datetime) -> PaymentIntent:
    intent = attempt.payment_intent
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
        cancel=[enquiry_key(attempt)],
    )
    return intent


def _charge_declined(attempt: Attempt, answer: Answer, *, now: datetime) -> DomainError:
    intent = attempt.payment_intent
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
        cancel=[enquiry_key(attempt)],
    )
    return _decline_error(intent, charge)


def _captured(attempt: Attempt, *, now: datetime) -> PaymentIntent:
    intent, charge = attempt.payment_intent, attempt.payment_intent.latest_charge
    assert charge is not None
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
        cancel=[enquiry_key(attempt)],
    )
    return intent


def _released(attempt: Attempt, *, now: datetime) -> PaymentIntent:
    intent, charge = attempt.payment_intent, attempt.payment_intent.latest_charge
    assert charge is not None
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
        cancel=[enquiry_key(attempt)],
    )
    return intent


def _refused(attempt: Attempt) -> DomainError:
    """The processor would not capture or release: the authorisation stands as before."""
    intent = attempt.payment_intent
    _move(intent, Move.REFUSE_CAPTURE)
    intent.cancellation_reason = None
    intent.save()
    events.record([], cancel=[enquiry_key(attempt)])
    return _refusal(attempt)


def _refunded(attempt: Attempt, *, now: datetime) -> Refund:
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
        cancel=[enquiry_key(attempt)],
    )
    return refund


def _refund_refused(attempt: Attempt, answer: Answer) -> Refund:
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
        cancel=[enquiry_key(attempt)],
    )
    return refund


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
    intent = attempt.payment_intent
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


def _refusal(attempt: Attempt) -> DomainError:
    return domain.CardDeclined(
        f"The processor refused the {attempt.kind}; the authorisation stands.",
        code=attempt.code or None,
        payment_intent=attempt.payment_intent,
    )


def _decline_error(intent: PaymentIntent, charge: Charge) -> DomainError:
    return domain.CardDeclined(
        charge.failure_message or "Your card was declined.",
        code=charge.failure_code,
        decline_code=charge.decline_code,
        charge=charge.id,
        payment_intent=intent,
        payment_method=charge.payment_method,
    )
