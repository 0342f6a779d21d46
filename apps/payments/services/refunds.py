"""Refunds: claimed on the charge, sent to the processor, recorded by `recording`."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.payments import domain, queries
from apps.payments.domain import AttemptKind, RefundMove, RefundStatus
from apps.payments.models import Attempt, Charge, Refund
from apps.payments.services import attempts
from apps.payments.services.legacy_charges import check_authorised, order_context

# How a bank transfer is called on the wire, by its currency.
BANK_TRANSFERS = {
    "eur": "eu_bank_transfer",
    "gbp": "gb_bank_transfer",
    "jpy": "jp_bank_transfer",
    "mxn": "mx_bank_transfer",
    "usd": "us_bank_transfer",
}


def create_refund(*, given: dict[str, Any], now: datetime) -> Refund:
    """Give back what is asked for, or all that is left of a charge.

    :param given: `charge` or `payment_intent`; perhaps `amount`, `reason`, `metadata`,
        `instructions_email`, and `currency` and `customer`, which must be those of the charge.
    :raises AlreadyRefunded: nothing is left.
    :raises AmountTooLarge: more than is left.
    :raises ChargeDisputed: the payer has the money already, or may soon have it.
    """
    refund: Refund = attempts.carry_out(_claim(given=given, now=now))
    return refund


def refund_charge(*, charge_id: str, given: dict[str, Any], now: datetime) -> Charge:
    """Give back what is asked for, or all that is left; return the charge.

    :raises Invalid: as `create_refund`.
    """
    attempt = _claim(given={**given, "charge": charge_id}, now=now, answers_with="charge")
    charge: Charge = attempts.carry_out(attempt)
    return charge


def cancel_refund(*, refund_id: str, now: datetime) -> Refund:
    """Stop a refund that waits for its payer to say where the money goes.

    :raises IllegalRefundMove: it does not wait, or the processor would not stop it.
    """
    refund: Refund = attempts.carry_out(_claim_cancel(refund_id=refund_id, now=now))
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
def _claim(*, given: dict[str, Any], now: datetime, answers_with: str = "refund") -> Attempt:
    charge = _locked_charge(given)
    _check_terms(charge, given)
    if _is_held(charge):
        return _claim_release(charge, given, answers_with=answers_with, now=now)
    amount = _amount(charge, given.get("amount"))
    # Taken at once, so that of many refunds at the same time none gives back what another has.
    charge.amount_refunded_minor += amount.minor
    charge.save(update_fields=["amount_refunded_minor"])
    refund = _new_refund(charge, amount, given, now=now)
    return attempts.open_attempt(
        AttemptKind.REFUND,
        **_subject(charge),
        refund=refund,
        money=amount,
        processor=charge.processor,
        details={
            "original": charge.attempt_reference,
            "method_type": charge.payment_method_details.get("type", "card"),
            "context": order_context(charge) | {"refund_to": refund.destination["type"]},
            "answers_with": answers_with,
        },
        now=now,
        changes=[events.Change("refund.created", refund)],
    )


def _is_held(charge: Charge) -> bool:
    """Return whether a charge without a payment was authorised, and neither captured nor released.

    A payment of which this is true is canceled; such a charge can only be given up by a refund.
    """
    return (
        charge.payment_intent_id is None
        and charge.status == "succeeded"
        and not (charge.is_captured or charge.is_released)
    )


def _claim_release(
    charge: Charge, given: dict[str, Any], *, answers_with: str, now: datetime
) -> Attempt:
    """Claim the release of an authorisation: nothing was taken, so nothing goes back."""
    check_authorised(charge)
    whole = Money(charge.amount_minor, charge.currency)
    if given.get("amount", whole.minor) != whole.minor:
        raise InvalidParameter(
            f"This charge was not captured: the {whole} are released as a whole.", param="amount"
        )
    refund = _new_refund(charge, whole, given, now=now)
    return attempts.open_attempt(
        AttemptKind.VOID,
        charge=charge,
        refund=refund,
        money=whole,
        processor=charge.processor,
        details={
            "original": charge.attempt_reference,
            "context": order_context(charge),
            "answers_with": answers_with,
        },
        now=now,
        changes=[events.Change("refund.created", refund)],
    )


def _new_refund(charge: Charge, amount: Money, given: dict[str, Any], *, now: datetime) -> Refund:
    email = given.get("instructions_email")
    return Refund.objects.create(
        id=ids.new_id("re"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        charge=charge,
        payment_intent_id=charge.payment_intent_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=given.get("reason"),
        status=RefundStatus.PENDING.value,
        instructions_email=email,
        destination=_destination(charge, email=email),
    )


@transaction.atomic(durable=True)
def _claim_cancel(*, refund_id: str, now: datetime) -> Attempt:
    refund = queries.get_refund(refund_id, for_update=True)
    domain.next_refund_status(RefundStatus(refund.status), RefundMove.ASK_BACK)
    asked = refund.attempts.get(kind=AttemptKind.REFUND)
    stopping = refund.attempts.filter(kind=AttemptKind.REFUND_CANCEL, status__in=domain.UNSETTLED)
    if stopping.exists():
        raise Conflict("This refund is being canceled right now.", code="refund_being_canceled")
    return attempts.open_attempt(
        AttemptKind.REFUND_CANCEL,
        **_subject(refund.charge),
        refund=refund,
        money=refund.money,
        processor=asked.processor,
        details={"original": asked.id},
        now=now,
        changes=[],
    )


def _subject(charge: Charge) -> dict[str, Any]:
    """Return what an attempt is about: the payment, or a charge that has none."""
    intent = charge.payment_intent
    return {"charge": charge} if intent is None else {"intent": intent}


def _amount(charge: Charge, asked: int | None) -> Money:
    """Return how much goes back; the charge is locked.

    :raises Invalid: see `domain.refund_amount`.
    """
    lost = None
    if charge.disputed:
        if queries.is_held(charge):
            raise domain.ChargeDisputed(
                "This charge is disputed: its payer may get the money back from their bank."
            )
        lost = queries.lost_to_disputes(charge)
    return domain.refund_amount(
        asked, captured=charge.captured, refunded=charge.refunded, lost=lost
    )


def _check_terms(charge: Charge, given: dict[str, Any]) -> None:
    """Check what is said of the charge besides its id.

    :raises InvalidParameter: it has another currency or customer.
    """
    if given.get("currency", charge.currency) != charge.currency:
        raise InvalidParameter(f"The charge is in {charge.currency}.", param="currency")
    if given.get("customer", charge.customer_id) != charge.customer_id:
        raise InvalidParameter("The charge is not of this customer.", param="customer")


def _destination(charge: Charge, *, email: str | None) -> dict[str, Any]:
    """Return where the money goes, as the wire shows it.

    What was paid by a transfer goes to the customer's cash balance, or, with an e-mail to ask for
    their account, to their bank.
    """
    method_type = charge.payment_method_details.get("type", "card")
    if method_type == "card":
        return {"card": {"type": "refund"}, "type": "card"}
    if method_type == "customer_balance" and email is None:
        return {"customer_cash_balance": {}, "type": "customer_cash_balance"}
    transfer = BANK_TRANSFERS.get(charge.currency, BANK_TRANSFERS["usd"])
    return {transfer: {"reference": None, "reference_status": "pending"}, "type": transfer}


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
        # The charge may be named by the address.
        raise InvalidParameter("The charge is not of this PaymentIntent.", param="payment_intent")
    return charge
