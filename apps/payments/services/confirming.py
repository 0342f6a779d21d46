"""Confirming a payment: the processor is asked for the money."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.api import registry
from apps.api.params import InvalidParameter
from apps.core import context
from apps.events import services as events
from apps.payments import domain, processors, queries
from apps.payments.domain import AttemptKind, CaptureMethod, Move, Status
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services import attempts, mandates, terms, types

# What is about the confirmation and not about the payment.
CONFIRMING = frozenset({"error_on_requires_action", "off_session", "use_stripe_sdk"})


def confirm_payment_intent(
    *, intent_id: str, given: dict[str, Any], now: datetime
) -> PaymentIntent:
    """Ask the processor for the money. Of many callers at once, one does it.

    :raises CardDeclined: the processor declined.
    :raises IllegalMove: the intent is being confirmed already, or is past it.
    """
    attempt = claim_confirmation(intent_id=intent_id, given=given, now=now)
    confirmed: PaymentIntent = attempts.carry_out(attempt)
    return confirmed


@transaction.atomic(durable=True)
def create_and_claim(*, given: dict[str, Any], now: datetime) -> Attempt:
    """Make a payment and claim its confirmation; the processor is called when this has committed.

    :raises Invalid: see `terms.set_terms`, and what confirming wants.
    """
    intent = terms.new_intent(given, now=now)
    _check_confirmable(intent, given)
    # The event tells of the intent as it was made, before it went to the processor.
    created = events.Change("payment_intent.created", intent, shown=registry.render(intent))
    terms.move(intent, towards=Move.SUBMIT)
    intent.save(force_insert=True)
    return _claim(intent, given, now=now, changes=[created])


@transaction.atomic(durable=True)
def claim_confirmation(*, intent_id: str, given: dict[str, Any], now: datetime) -> Attempt:
    """Claim the confirmation of a payment that exists.

    :raises IllegalMove: the intent is being confirmed already, or is past it.
    :raises Invalid: see `terms.set_terms`, and what confirming wants.
    """
    intent = queries.get_payment_intent(intent_id, for_update=True)
    if Status(intent.status) not in domain.CHANGEABLE:
        terms.move(intent, towards=Move.SUBMIT)  # refuses, with the intent in the error
    terms.leave_action(intent, now=now)
    terms.set_terms(intent, given=given, now=now)
    _check_confirmable(intent, given)
    terms.move(intent, towards=Move.SUBMIT)
    return _claim(intent, given, now=now, changes=[])


def _check_confirmable(intent: PaymentIntent, given: dict[str, Any]) -> None:
    """Check what a confirmation wants beyond the terms.

    :raises Invalid: there is no payment method, no way back to the merchant, or another amount.
    """
    terms.require_method(intent)
    terms.check_way_back(intent)
    if given.get("amount_to_confirm", intent.amount_minor) != intent.amount_minor:
        raise InvalidParameter(
            f"amount_to_confirm is not the amount of this PaymentIntent, {intent.money}.",
            param="amount_to_confirm",
        )


def _claim(
    intent: PaymentIntent,
    given: dict[str, Any],
    *,
    now: datetime,
    changes: list[events.Change],
) -> Attempt:
    """Store what the confirmation changed, and open the attempt.

    The intent is stored once: it has been, if it is new and no mandate was given with it.
    """
    details = {
        **_order_details(intent, given),
        **mandates.prepare(intent, given=given, now=now),
        **types.prepare(intent, given=given, now=now),
    }
    is_new = bool(changes)
    if intent.authentication_id is not None:
        # It stands for one confirmation.
        intent.authentication_id = None
    if not is_new or intent.mandate_id is not None:
        intent.save()
    return attempts.open_attempt(
        AttemptKind.CHARGE,
        intent=intent,
        money=intent.money,
        processor=processors.current(livemode=context.current().environment.livemode).name,
        details=details,
        now=now,
        changes=changes,
    )


def _order_details(intent: PaymentIntent, given: dict[str, Any]) -> dict[str, Any]:
    """Return what the order says, and what recording its outcome needs to know."""
    method = intent.payment_method
    assert method is not None
    of_card = (intent.payment_method_options or {}).get("card") or {}
    is_manual = CaptureMethod.MANUAL in (of_card.get("capture_method"), intent.capture_method)
    is_off_session = bool(given.get("off_session"))
    details = {
        "token": method.token,
        "method_type": method.type,
        "capture": not is_manual,
        "off_session": is_off_session,
        "is_authenticated": method.authenticated_at is not None,
        "request_three_d_secure": of_card.get("request_three_d_secure", "automatic"),
        "context": {"payment_method": method.id, "customer": intent.customer_id or ""},
        "may_ask": not (is_off_session or given.get("error_on_requires_action")),
        "use_stripe_sdk": given.get("use_stripe_sdk", False),
    }
    if intent.authentication_id is not None:
        details["original"] = intent.authentication_id
    return details
