"""Refunds: claimed on the charge, sent to the processor, recorded by `recording`."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.errors import Invalid, NotFound
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.payments import domain, queries
from apps.payments.domain import AttemptKind
from apps.payments.models import Attempt, Charge, Refund
from apps.payments.services import attempts


def create_refund(*, given: dict[str, Any], now: datetime) -> Refund:
    """Give back what is asked for, or all that is left of a charge.

    :param given: `charge` or `payment_intent`, and `amount`, `reason`, `metadata`.
    :raises AlreadyRefunded: nothing is left.
    :raises AmountTooLarge: more than is left.
    """
    refund: Refund = attempts.carry_out(_claim(given=given, now=now))
    return refund


@use_case
def update_refund(*, refund_id: str, given: dict[str, Any]) -> Refund:
    """Change the metadata."""
    refund = queries.get_refund(refund_id, for_update=True)
    before = registry.render(refund)
    if "metadata" in given:
        refund.metadata = merge_metadata(refund.metadata, given["metadata"])
    refund.save(update_fields=["metadata"])
    events.record([events.Change("refund.updated", refund, previous=before)])
    return refund


@transaction.atomic(durable=True)
def _claim(*, given: dict[str, Any], now: datetime) -> Attempt:
    charge = _locked_charge(given)
    amount = domain.refund_amount(
        given.get("amount"), captured=charge.captured, refunded=charge.refunded
    )
    # Taken at once, so that of many refunds at the same time none gives back what another has.
    charge.amount_refunded_minor += amount.minor
    charge.save(update_fields=["amount_refunded_minor"])
    refund = Refund.objects.create(
        id=ids.new_id("re"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        charge=charge,
        payment_intent_id=charge.payment_intent_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=given.get("reason"),
        status="pending",
    )
    return attempts.open_attempt(
        AttemptKind.REFUND,
        intent=charge.payment_intent,
        refund=refund,
        money=amount,
        processor=charge.processor,
        details={"original": charge.attempt_reference},
        now=now,
        changes=[events.Change("refund.created", refund)],
    )


def _locked_charge(given: dict[str, Any]) -> Charge:
    """Return the charge that is to be refunded, locked.

    :raises InvalidParameter: none is named, or two that do not belong together.
    """
    intent_id, charge_id = given.get("payment_intent"), given.get("charge")
    if intent_id is None and charge_id is None:
        raise InvalidParameter(
            "Name the charge or the payment_intent to refund.",
            code="parameter_missing",
            param="charge",
        )
    param = "charge" if intent_id is None else "payment_intent"
    try:
        if intent_id is not None:
            intent = queries.get_payment_intent(intent_id)
            if intent.latest_charge_id is None:
                raise domain.NotRefundable("This PaymentIntent has no charge to refund.")
            charge_id = charge_id or intent.latest_charge_id
        charge = queries.get_charge(str(charge_id), for_update=True)
    except NotFound as missing:
        # The URL is right; it is a parameter that names nothing.
        raise Invalid(missing.message, code=missing.code, param=param) from None
    if intent_id is not None and charge.payment_intent_id != intent_id:
        raise InvalidParameter("The charge is not of this PaymentIntent.", param="charge")
    return charge
