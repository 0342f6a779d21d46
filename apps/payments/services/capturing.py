"""What was authorised is captured, at once or in parts, or raised before that."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.api.params import InvalidParameter, merge_metadata
from apps.core.money import Money
from apps.payments import domain, queries
from apps.payments.domain import AttemptKind, Move
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services import amount_details, attempts, terms


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
    terms.move(intent, towards=Move.SUBMIT_CAPTURE)
    amount = domain.capture_amount(given.get("amount_to_capture"), capturable=intent.capturable)
    is_final = given.get("final_capture", True)
    if not is_final and not _may_be_captured_in_parts(intent):
        raise InvalidParameter(
            "This payment is captured once, and what is left is released. To capture it in parts, "
            "confirm it with payment_method_options[card][request_multicapture]=if_available.",
            param="final_capture",
        )
    if "amount_details" in given:
        intent.amount_details = amount_details.merged(
            intent.amount_details, given=given["amount_details"], amount_minor=amount.minor
        )
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        if name in given:
            setattr(intent, name, given[name])
    if "metadata" in given:
        intent.metadata = merge_metadata(intent.metadata, given["metadata"])
    intent.save()
    return claim_on_charge(
        intent, kind=AttemptKind.CAPTURE, money=amount, now=now, is_final=is_final
    )


def increment_authorization(
    *, intent_id: str, given: dict[str, Any], now: datetime
) -> PaymentIntent:
    """Have more authorised than before; what else is given counts once it is.

    :param given: `amount` is the new total.
    :raises CardDeclined: the processor declined; the authorisation stands as it was.
    :raises IllegalMove: nothing is authorised.
    :raises NoIncrement: it is no more than before, a part was captured, or it was raised too often.
    """
    attempt = claim_increment(intent_id=intent_id, given=given, now=now)
    raised: PaymentIntent = attempts.carry_out(attempt)
    return raised


@transaction.atomic(durable=True)
def claim_increment(*, intent_id: str, given: dict[str, Any], now: datetime) -> Attempt:
    """Claim the raising of an authorisation; see `increment_authorization`."""
    intent = queries.get_payment_intent(intent_id, for_update=True)
    terms.move(intent, towards=Move.SUBMIT_INCREMENT)
    amount = domain.increment_amount(
        given["amount"],
        authorised=intent.money,
        captured=Money(intent.amount_received_minor, intent.currency),
        increments=intent.attempts.filter(kind=AttemptKind.INCREMENT.value).count(),
    )
    intent.save()
    changes = {name: value for name, value in given.items() if name != "amount"}
    if "amount_details" in given:
        changes["amount_details"] = amount_details.merged(
            intent.amount_details, given=given["amount_details"], amount_minor=amount.minor
        )
    return claim_on_charge(
        intent, kind=AttemptKind.INCREMENT, money=amount, now=now, changes=changes
    )


def _may_be_captured_in_parts(intent: PaymentIntent) -> bool:
    of_card: dict[str, Any] = (intent.payment_method_options or {}).get("card", {})
    return of_card.get("request_multicapture") == "if_available"


def claim_on_charge(
    intent: PaymentIntent, *, kind: AttemptKind, money: Money, now: datetime, **details: Any
) -> Attempt:
    """Open an attempt that is about the authorisation of `intent`.

    :param details: what recording the outcome needs to know.
    """
    assert intent.latest_charge is not None
    return attempts.open_attempt(
        kind,
        intent=intent,
        money=money,
        processor=intent.latest_charge.processor,
        details={"original": intent.latest_charge.attempt_reference, **details},
        now=now,
        changes=[],
    )
