"""Capturing what was authorised."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.api.params import InvalidParameter, merge_metadata
from apps.core.money import Money
from apps.payments import domain, queries
from apps.payments.domain import AttemptKind, Move
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services import attempts, terms


def capture_payment_intent(
    *, intent_id: str, given: dict[str, Any], now: datetime
) -> PaymentIntent:
    """Take the authorised money, or part of it; the rest is released.

    :raises IllegalMove: there is nothing to capture.
    :raises AmountTooLarge: more than was authorised.
    """
    attempt = claim_capture(intent_id=intent_id, given=given, now=now)
    captured: PaymentIntent = attempts.carry_out(attempt)
    return captured


@transaction.atomic(durable=True)
def claim_capture(*, intent_id: str, given: dict[str, Any], now: datetime) -> Attempt:
    """Claim a capture; the processor is called when this has committed.

    :raises IllegalMove: there is nothing to capture.
    :raises AmountTooLarge: more than was authorised.
    """
    intent = queries.get_payment_intent(intent_id, for_update=True)
    terms.move(intent, Move.SUBMIT_CAPTURE)
    amount = domain.capture_amount(given.get("amount_to_capture"), capturable=intent.capturable)
    if given.get("final_capture") is False:
        raise InvalidParameter(
            "A payment is captured once, and what is left is released: final_capture is true.",
            param="final_capture",
        )
    for name in ("amount_details", "statement_descriptor", "statement_descriptor_suffix"):
        if name in given:
            setattr(intent, name, given[name])
    if "metadata" in given:
        intent.metadata = merge_metadata(intent.metadata, given["metadata"])
    intent.save()
    return claim_on_charge(intent, AttemptKind.CAPTURE, amount, now=now)


def claim_on_charge(
    intent: PaymentIntent, kind: AttemptKind, money: Money, *, now: datetime
) -> Attempt:
    """Open an attempt that is about the authorisation of `intent`."""
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
