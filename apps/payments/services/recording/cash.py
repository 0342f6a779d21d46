"""Payments by bank transfer: paid out of what the customer has, or waiting until they transfer it.

A payment takes what comes, transfer by transfer: `chart.customer_applied` holds it until there is
enough. Then, and only then, there is a charge.
"""

from datetime import datetime
from typing import Any

from apps.core.money import Money
from apps.events import services as events
from apps.ledger import services as ledger
from apps.payments import queries
from apps.payments.domain import Answer, AttemptStatus, Move, Outcome, Status
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services import funding, purses
from apps.payments.services.purses import Purse
from apps.payments.services.recording import charges
from apps.payments.services.recording.payments import intent_of, move


def is_enough(attempt: Attempt) -> bool:
    """Return whether the customer has what the payment needs: until the caller commits, they do."""
    intent = intent_of(attempt)
    assert intent.customer_id is not None
    return purses.lock(intent.customer_id, currency=intent.currency).available >= intent.money


def wait(attempt: Attempt, *, now: datetime) -> PaymentIntent:
    """Take what the customer has, if that goes by itself, and tell them to transfer the rest."""
    intent = intent_of(attempt)
    assert intent.customer_id is not None
    purse = purses.lock(intent.customer_id, currency=intent.currency)
    if intent.status == Status.PROCESSING:
        move(intent, towards=Move.ASK)
    intent.next_action = _instructions(intent, now=now)
    told = [events.Change("payment_intent.requires_action", intent)]
    if purse.is_automatic and purse.available:
        return _pay_part(intent, purse.available, purse=purse, now=now, told=told)
    intent.save()
    events.record(told)
    return intent


def apply(attempt: Attempt, *, money: Money, purse: Purse, now: datetime) -> PaymentIntent:
    """Let a payment that waits take `money`, no more than it needs, of what the customer has."""
    intent = intent_of(attempt)
    if money == remaining(intent):
        return pay(attempt, now=now)
    return _pay_part(intent, money, purse=purse, now=now, told=[])


def remaining(intent: PaymentIntent) -> Money:
    """Return what a payment that waits for a transfer still needs."""
    return intent.money - queries.get_applied(intent.id, intent.currency)


def give_back(intent: PaymentIntent, *, now: datetime) -> None:
    """Give the customer back what a payment took that will not be paid."""
    applied = queries.get_applied(intent.id, intent.currency)
    if not applied:
        return
    assert intent.customer_id is not None
    purse = purses.lock(intent.customer_id, currency=intent.currency)
    moved, draft = purse.give_back(applied, intent_id=intent.id, now=now)
    ledger.post_many([draft])
    events.record([events.Change(purses.TOLD, moved)])


def pay(attempt: Attempt, *, now: datetime) -> PaymentIntent:
    """There is enough: the payment takes what it needs, and has succeeded."""
    attempt.status = AttemptStatus.SUCCEEDED.value
    attempt.action = None
    attempt.sequence += 1
    attempt.settled_at = now
    attempt.save(update_fields=["status", "action", "sequence", "settled_at"])
    return charges.approve(attempt, answer=Answer(Outcome.APPROVED), now=now)


def _pay_part(
    intent: PaymentIntent,
    money: Money,
    *,
    purse: Purse,
    now: datetime,
    told: list[events.Change],
) -> PaymentIntent:
    """Let the payment take `money`, which is not enough."""
    left = remaining(intent) - money
    moved, draft = purse.apply(money, intent_id=intent.id, now=now)
    action: dict[str, Any] = intent.next_action or {}
    shown = {**action["display_bank_transfer_instructions"], "amount_remaining": left.minor}
    intent.next_action = {**action, "display_bank_transfer_instructions": shown}
    intent.save()
    ledger.post_many([draft])
    events.record(
        [
            *told,
            events.Change(purses.TOLD, moved),
            events.Change("payment_intent.partially_funded", intent),
        ]
    )
    return intent


def _instructions(intent: PaymentIntent, *, now: datetime) -> dict[str, Any]:
    """Return the `next_action` that tells the customer where to transfer what is missing."""
    assert intent.customer_id is not None
    options = (intent.payment_method_options or {})["customer_balance"]
    addresses = funding.addresses(
        intent.customer_id,
        transfer=options["bank_transfer"],
        currency=intent.currency,
        now=now,
    )
    return {
        "display_bank_transfer_instructions": {
            "amount_remaining": remaining(intent).minor,
            "currency": intent.currency,
            "financial_addresses": addresses.shown,
            "hosted_instructions_url": None,
            "reference": funding.reference_of(intent.id),
            "type": addresses.type,
        },
        "type": "display_bank_transfer_instructions",
    }
