"""Outcomes of asking for more than was authorised."""

from apps.api import registry
from apps.api.params import merge_metadata
from apps.events import services as events
from apps.payments.domain import Move
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services.recording.captures import authorised
from apps.payments.services.recording.payments import move


def raise_authorisation(attempt: Attempt, **_: object) -> PaymentIntent:
    """The processor authorised the new total; what came with the request counts from now on."""
    intent, charge = authorised(attempt)
    before = registry.render(charge)
    changes = attempt.details["changes"]
    for name in ("amount_details", "description", "statement_descriptor"):
        if name in changes:
            setattr(intent, name, changes[name])
    if "metadata" in changes:
        intent.metadata = merge_metadata(intent.metadata, changes["metadata"])
    charge.amount_minor = intent.amount_minor = attempt.amount_minor
    charge.payment_method_details["card"]["amount_authorized"] = attempt.amount_minor
    charge.save(update_fields=["amount_minor", "payment_method_details"])
    intent.amount_capturable_minor = attempt.amount_minor
    move(intent, towards=Move.AUTHORISE)
    intent.save()
    events.record(
        [
            events.Change("charge.updated", charge, previous=before),
            events.Change("payment_intent.amount_capturable_updated", intent),
        ],
        cancel=[attempt.enquiry_key],
    )
    return intent
