"""PaymentIntents: made, changed, and claimed for what a processor is to do."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.errors import Invalid
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.events import services as events
from apps.payments import domain, processors, queries
from apps.payments.domain import AttemptKind, CaptureMethod, Move, Status
from apps.payments.models import Attempt, PaymentIntent, PaymentMethod
from apps.payments.services import attempts, methods

SECRET_LENGTH = 24
# Parameters that are columns of the same name.
PLAIN = (
    "description",
    "payment_method_options",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def create_payment_intent(*, given: dict[str, Any], now: datetime) -> PaymentIntent:
    """Make a payment; with `confirm`, ask the processor for the money as well.

    :param given: parameters by name, as `apps.payments.api.shapes.intents.CREATE` parses them.
    :raises CardDeclined: the processor declined; the intent exists and waits for another method.
    :raises Invalid: a parameter names nothing of the caller's, or does not fit the others.
    """
    if not given.get("confirm"):
        for name in ("off_session", "error_on_requires_action", "return_url"):
            if name in given:
                raise InvalidParameter(f"{name} needs confirm=true.", param=name)
        return _create(given=given, now=now)
    paid: PaymentIntent = attempts.carry_out(_create_and_claim(given=given, now=now))
    return paid


def confirm_payment_intent(
    *, intent_id: str, given: dict[str, Any], now: datetime
) -> PaymentIntent:
    """Ask the processor for the money. Of many callers at once, one does it.

    :raises CardDeclined: the processor declined.
    :raises IllegalMove: the intent is being confirmed already, or is past it.
    """
    attempt = _claim_confirmation(intent_id=intent_id, given=given, now=now)
    confirmed: PaymentIntent = attempts.carry_out(attempt)
    return confirmed


def capture_payment_intent(
    *, intent_id: str, given: dict[str, Any], now: datetime
) -> PaymentIntent:
    """Take the authorised money, or part of it; the rest is released.

    :raises IllegalMove: there is nothing to capture.
    :raises AmountTooLarge: more than was authorised.
    """
    attempt = _claim_capture(intent_id=intent_id, given=given, now=now)
    captured: PaymentIntent = attempts.carry_out(attempt)
    return captured


def cancel_payment_intent(*, intent_id: str, reason: str | None, now: datetime) -> PaymentIntent:
    """Give the payment up; an authorisation is released at the processor first.

    :raises IllegalMove: it succeeded, was canceled, or is with the processor right now.
    """
    intent = queries.get_payment_intent(intent_id)
    if intent.status == Status.REQUIRES_CAPTURE:
        attempt = _claim_void(intent_id=intent_id, reason=reason, now=now)
        canceled: PaymentIntent = attempts.carry_out(attempt)
        return canceled
    return _cancel(intent_id=intent_id, reason=reason, now=now)


@use_case
def update_payment_intent(*, intent_id: str, given: dict[str, Any], now: datetime) -> PaymentIntent:
    """Change what is given; the rest stays.

    :raises IllegalMove: the terms of a payment cannot change any more. Texts and metadata still
        can.
    """
    intent = queries.get_payment_intent(intent_id, for_update=True)
    terms = set(given) - {"metadata", "description", "receipt_email", "shipping"}
    if terms and Status(intent.status) not in domain.CHANGEABLE:
        raise domain.IllegalMove(
            f"{', '.join(sorted(terms))} cannot change any more: "
            f"the status of this PaymentIntent is {intent.status}.",
            payment_intent=intent,
        )
    _set_terms(intent, given, now=now)
    intent.save()
    return intent  # the wire has no event for this


@use_case
def _create(*, given: dict[str, Any], now: datetime) -> PaymentIntent:
    intent = _new(given, now=now)
    intent.save(force_insert=True)
    events.record([events.Change("payment_intent.created", intent)])
    return intent


@transaction.atomic(durable=True)
def _create_and_claim(*, given: dict[str, Any], now: datetime) -> Attempt:
    intent = _new(given, now=now)
    _require_method(intent)
    # The event tells of the intent as it was made, before it went to the processor.
    created = events.Change("payment_intent.created", intent, shown=registry.render(intent))
    intent.status = domain.next_status(Status(intent.status), Move.SUBMIT)
    intent.save(force_insert=True)
    return _claim_charge(intent, now=now, changes=[created])


@transaction.atomic(durable=True)
def _claim_confirmation(*, intent_id: str, given: dict[str, Any], now: datetime) -> Attempt:
    intent = queries.get_payment_intent(intent_id, for_update=True)
    if Status(intent.status) not in domain.CHANGEABLE:
        _move(intent, Move.SUBMIT)  # refuses, with the intent in the error
    _set_terms(intent, given, now=now)
    _require_method(intent)
    _move(intent, Move.SUBMIT)
    intent.save()
    return _claim_charge(intent, now=now, changes=[])


@transaction.atomic(durable=True)
def _claim_capture(*, intent_id: str, given: dict[str, Any], now: datetime) -> Attempt:
    intent = queries.get_payment_intent(intent_id, for_update=True)
    _move(intent, Move.SUBMIT_CAPTURE)
    amount = domain.capture_amount(given.get("amount_to_capture"), capturable=intent.capturable)
    if given.get("final_capture") is False:
        raise InvalidParameter(
            "A payment is captured once, and what is left is released: final_capture is true.",
            param="final_capture",
        )
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        if name in given:
            setattr(intent, name, given[name])
    if "metadata" in given:
        intent.metadata = merge_metadata(intent.metadata, given["metadata"])
    intent.save()
    return _claim_on_charge(intent, AttemptKind.CAPTURE, amount, now=now)


@transaction.atomic(durable=True)
def _claim_void(*, intent_id: str, reason: str | None, now: datetime) -> Attempt:
    intent = queries.get_payment_intent(intent_id, for_update=True)
    _move(intent, Move.SUBMIT_VOID)
    intent.cancellation_reason = reason
    intent.save()
    return _claim_on_charge(intent, AttemptKind.VOID, intent.capturable, now=now)


@use_case
def _cancel(*, intent_id: str, reason: str | None, now: datetime) -> PaymentIntent:
    intent = queries.get_payment_intent(intent_id, for_update=True)
    if intent.status == Status.PROCESSING:
        raise domain.IllegalMove(
            "This PaymentIntent cannot be canceled while the processor works on it.",
            payment_intent=intent,
        )
    _move(intent, Move.CANCEL)
    intent.canceled_at = now
    intent.cancellation_reason = reason
    intent.save()
    events.record([events.Change("payment_intent.canceled", intent)])
    return intent


def _move(intent: PaymentIntent, move: Move) -> None:
    """Set the status that `move` leads to.

    :raises IllegalMove: it is refused; the error shows the intent, as the wire does.
    """
    try:
        intent.status = domain.next_status(Status(intent.status), move).value
    except domain.IllegalMove as refusal:
        raise domain.IllegalMove(refusal.message, payment_intent=intent) from None


def _new(given: dict[str, Any], *, now: datetime) -> PaymentIntent:
    intent_id = ids.new_id("pi")
    intent = PaymentIntent(
        id=intent_id,
        account_id=context.current().account_id,
        created_at=now,
        status=Status.REQUIRES_PAYMENT_METHOD.value,
        capture_method=CaptureMethod.AUTOMATIC_ASYNC.value,
        client_secret=f"{intent_id}_secret_{ids.random_text(SECRET_LENGTH)}",
        payment_method_types=["card"],
    )
    _set_terms(intent, given, now=now)
    return intent


def _set_terms(intent: PaymentIntent, given: dict[str, Any], *, now: datetime) -> None:
    """Set what `given` has of the terms of a payment.

    :raises Invalid: the customer or the payment method is not the caller's, or they do not fit.
    """
    for name in PLAIN:
        if name in given:
            setattr(intent, name, given[name])
    intent.amount_minor = given.get("amount", intent.amount_minor)
    intent.currency = given.get("currency", intent.currency)
    intent.capture_method = given.get("capture_method", intent.capture_method)
    intent.confirmation_method = given.get("confirmation_method", intent.confirmation_method)
    if given.get("automatic_payment_methods", {}).get("enabled"):
        options = given["automatic_payment_methods"]
        intent.automatic_payment_methods = {
            "allow_redirects": options.get("allow_redirects", "always"),
            "enabled": True,
        }
    if "metadata" in given:
        intent.metadata = merge_metadata(intent.metadata, given["metadata"])
    if "customer" in given:
        intent.customer = customers.require_customer(given["customer"])
    _set_method(intent, given, now=now)


def _set_method(intent: PaymentIntent, given: dict[str, Any], *, now: datetime) -> None:
    if "payment_method_data" in given:
        method = methods.make(given["payment_method_data"], now=now, param="payment_method_data")
    elif given.get("payment_method"):
        method = methods.resolve(given["payment_method"], now=now)
    elif "payment_method" in given:
        intent.payment_method = None
        _move(intent, Move.LET_GO)
        return
    else:
        if "customer" in given and intent.payment_method is not None:
            _check_usable(intent, intent.payment_method)
        return
    intent.payment_method = method
    _check_usable(intent, method)
    intent.last_payment_error = None
    _move(intent, Move.CHOOSE)


def _check_usable(intent: PaymentIntent, method: PaymentMethod) -> None:
    methods.check_not_detached(method)
    if method.customer_id is not None and method.customer_id != intent.customer_id:
        raise Invalid(
            "This PaymentMethod is attached to a customer: the PaymentIntent must be that "
            "customer's.",
            code="payment_method_customer_mismatch",
            param="payment_method",
        )


def _require_method(intent: PaymentIntent) -> None:
    if intent.payment_method is None:
        raise domain.IllegalMove(
            "A PaymentIntent needs a payment method before it can be confirmed.",
            payment_intent=None if intent._state.adding else intent,
            param="payment_method",
        )
    # It may have been attached or detached since it was chosen.
    _check_usable(intent, intent.payment_method)


def _claim_charge(intent: PaymentIntent, *, now: datetime, changes: list[events.Change]) -> Attempt:
    assert intent.payment_method is not None
    of_card = (intent.payment_method_options or {}).get("card") or {}
    is_manual = CaptureMethod.MANUAL in (of_card.get("capture_method"), intent.capture_method)
    return attempts.open_attempt(
        AttemptKind.CHARGE,
        intent=intent,
        money=intent.money,
        processor=processors.current(livemode=context.current().environment.livemode).name,
        details={"token": intent.payment_method.token, "capture": not is_manual},
        now=now,
        changes=changes,
    )


def _claim_on_charge(
    intent: PaymentIntent, kind: AttemptKind, money: Money, *, now: datetime
) -> Attempt:
    assert intent.latest_charge is not None
    return attempts.open_attempt(
        kind,
        intent=intent,
        money=money,
        processor=intent.latest_charge.processor,
        details={"original": intent.latest_charge.attempt_reference},
        now=now,
        changes=[],
    )
