"""Outcomes of a confirmation: paid, authorised, declined."""

from datetime import datetime

from apps.api import registry
from apps.core import clock, context, ids, jobs
from apps.core.errors import DomainError
from apps.events import services as events
from apps.payments import domain
from apps.payments.domain import Answer, AttemptStatus, Move
from apps.payments.models import Attempt, Charge, PaymentIntent, PaymentMethod
from apps.payments.services import mandates
from apps.payments.services.recording import captures, taking
from apps.payments.services.recording.details import payment_method_details
from apps.payments.services.recording.payments import intent_of, settle


def approve(attempt: Attempt, *, answer: Answer, now: datetime) -> PaymentIntent:
    """The processor charged, or authorised for a capture later."""
    intent = intent_of(attempt)
    charge = charge_of(attempt, now=now, status="succeeded")
    note_network(charge, answer=answer)
    if attempt.details["capture"]:
        due = taking.take(charge, money=attempt.money, now=now, at_once=answer.available_at_once)
        settle(intent, towards=Move.APPROVE)
        intent.amount_received_minor = attempt.amount_minor
        said = "payment_intent.succeeded"
    else:
        due = _hold(intent, charge, until=answer.capture_before or now + domain.AUTHORISED_FOR)
        settle(intent, towards=Move.AUTHORISE)
        intent.amount_capturable_minor = attempt.amount_minor
        said = "payment_intent.amount_capturable_updated"
    if charge.payment_method.type == "card":
        charge.payment_method_details["card"]["amount_authorized"] = attempt.amount_minor
    charge.save(force_insert=charge._state.adding)
    intent.latest_charge = charge
    intent.last_payment_error = None
    intent.save()
    events.record(
        [
            events.Change("charge.succeeded", charge),
            events.Change(said, intent),
            *_keep_method(attempt, now=now),
            *mandates.activate(intent),
        ],
        schedule=[due],
        cancel=[attempt.enquiry_key],
    )
    return intent


def decline(attempt: Attempt, *, answer: Answer, now: datetime) -> DomainError:
    """The charge failed: it is kept, and the intent waits for another payment method.

    :returns: what the caller is told, once this has committed.
    """
    if answer.code in domain.NOT_PROVEN:
        return _fail_authentication(attempt, answer=answer)
    intent = intent_of(attempt)
    charge = charge_of(attempt, now=now, status="failed")
    note_network(charge, answer=answer)
    charge.failure_code = answer.code
    charge.failure_message = answer.message
    charge.decline_code = answer.decline_code or None
    charge.save(force_insert=charge._state.adding)
    method = intent.payment_method
    settle(intent, towards=Move.DECLINE)
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
    dropped = mandates.drop(intent)
    intent.save()
    events.record(
        [
            events.Change("charge.failed", charge),
            events.Change("payment_intent.payment_failed", intent),
            *dropped,
        ],
        cancel=[attempt.enquiry_key],
    )
    return decline_error(intent, charge=charge)


def outcome(attempt: Attempt) -> PaymentIntent | DomainError:
    """Return the intent as it is, or what is said of an attempt that failed."""
    intent = intent_of(attempt)
    if attempt.status != AttemptStatus.FAILED:
        return intent
    tried = Charge.objects.select_related("payment_method").filter(attempt_reference=attempt.id)
    charge = tried.first()
    return _authentication_error(intent) if charge is None else decline_error(intent, charge=charge)


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


def _fail_authentication(attempt: Attempt, *, answer: Answer) -> DomainError:
    """The customer did not prove who they are: nothing was charged, and another method is needed.

    :returns: what the caller is told, once this has committed.
    """
    intent = intent_of(attempt)
    settle(intent, towards=Move.DECLINE)
    intent.last_payment_error = {
        "code": answer.code,
        "message": answer.message,
        "payment_method": registry.render(intent.payment_method),
        "type": "invalid_request_error",
    }
    intent.payment_method = None
    dropped = mandates.drop(intent)
    intent.save()
    events.record(
        [events.Change("payment_intent.payment_failed", intent), *dropped],
        cancel=[attempt.enquiry_key],
    )
    return _authentication_error(intent)


def _authentication_error(intent: PaymentIntent) -> DomainError:
    """Return what is said of a payment whose customer did not prove who they are."""
    said = intent.last_payment_error or {}
    return domain.CardDeclined(
        said.get("message", "The authentication failed."),
        code=said.get("code", domain.AUTHENTICATION_FAILED),
        payment_intent=intent,
    )


def _hold(intent: PaymentIntent, charge: Charge, *, until: datetime) -> jobs.Due:
    """Note how long the authorisation lasts; return the job that then lets it go."""
    charge.capture_before = until
    charge.payment_method_details["card"]["capture_before"] = clock.to_unix(until)
    return captures.expiry(intent, due_at=until)


def note_network(charge: Charge, *, answer: Answer) -> None:
    """Keep what the processor tells of the payment; of a debit, a network has no word."""
    told = dict(answer.network)
    charge.risk = told.pop("risk", None)
    if charge.payment_method.type == "card":
        charge.payment_method_details["card"].update(told)


def _keep_method(attempt: Attempt, *, now: datetime) -> list[events.Change]:
    """Attach the payment method to the customer if it is to be used again; return what happened.

    One that was attached to somebody else meanwhile stays with them.
    """
    intent = intent_of(attempt)
    method = intent.payment_method
    of_kind = (intent.payment_method_options or {}).get(method.type, {}) if method else {}
    usage = of_kind.get("setup_future_usage") or intent.setup_future_usage
    if method is None or usage in (None, "none"):
        return []
    if method.authenticated_at is None and not attempt.details.get("off_session"):
        # The customer was there, and their bank was content.
        method.authenticated_at = now
        method.save(update_fields=["authenticated_at"])
    if not intent.customer_id:
        return []
    free = PaymentMethod.objects.filter(pk=method.pk, customer=None)
    if method.customer_id or not free.update(customer=intent.customer_id):
        return []
    method.customer_id = intent.customer_id
    return [events.Change("payment_method.attached", method)]


def charge_of(attempt: Attempt, *, now: datetime, status: str) -> Charge:
    """Return the charge of an attempt with another status, or a new one, which is not stored yet.

    There is one already where the processor took it on first and says only now how it ended.
    """
    intent = intent_of(attempt)
    known, method = intent.latest_charge, intent.payment_method
    assert method is not None
    if known is not None and known.attempt_reference == attempt.id:
        # It may have been disputed since it was read with the intent, which does not lock it.
        charge = Charge.objects.select_for_update(no_key=True).get(pk=known.pk)
        charge.status, charge.payment_method = status, method
        intent.latest_charge = charge
        return charge
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
        payment_method_details=payment_method_details(method, mandate_id=intent.mandate_id),
        billing_details=method.billing_details,
        description=intent.description,
        receipt_email=intent.receipt_email,
        shipping=intent.shipping,
        statement_descriptor=intent.statement_descriptor,
        statement_descriptor_suffix=intent.statement_descriptor_suffix,
        transfer_group=intent.transfer_group,
    )
