"""Debits of bank accounts: a bank takes one on, and says days later whether there was money."""

from datetime import datetime

from apps.events import services as events
from apps.payments.domain import Answer, Move
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services.recording.charges import charge_of, note_network
from apps.payments.services.recording.payments import intent_of, settle


def wait(attempt: Attempt, *, answer: Answer, now: datetime) -> PaymentIntent:
    """The bank took the debit on. No money has moved as yet, so none is posted."""
    intent = intent_of(attempt)
    charge = charge_of(attempt, now=now, status="pending")
    if not charge._state.adding:
        return intent
    note_network(charge, answer=answer)
    charge.save(force_insert=True)
    settle(intent, towards=Move.WAIT)
    intent.latest_charge = charge
    intent.last_payment_error = None
    intent.save()
    events.record(
        [
            events.Change("charge.pending", charge),
            events.Change("payment_intent.processing", intent),
        ]
    )
    return intent
