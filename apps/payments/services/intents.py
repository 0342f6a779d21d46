"""PaymentIntents: made and changed. `confirming`, `capturing` and `canceling` have the rest."""

from datetime import datetime
from typing import Any

from apps.api.params import InvalidParameter
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.payments import domain, queries
from apps.payments.domain import Status
from apps.payments.models import PaymentIntent
from apps.payments.services import attempts, confirming, terms

# Parameters of a confirmation that say nothing where none is asked for.
_NEED_CONFIRM = ("error_on_requires_action", "mandate", "mandate_data", "off_session", "return_url")


def create_payment_intent(*, given: dict[str, Any], now: datetime) -> PaymentIntent:
    """Make a payment; with `confirm`, ask the processor for the money as well.

    :param given: parameters by name, as `apps.payments.api.shapes.intents.CREATE` parses them.
    :raises CardDeclined: the processor declined; the intent exists and waits for another method.
    :raises Invalid: a parameter names nothing of the caller's, or does not fit the others.
    """
    if not given.get("confirm"):
        for name in _NEED_CONFIRM:
            if name in given:
                raise InvalidParameter(f"{name} needs confirm=true.", param=name)
        return _create(given=given, now=now)
    paid: PaymentIntent = attempts.carry_out(confirming.create_and_claim(given=given, now=now))
    return paid


@use_case
def update_payment_intent(*, intent_id: str, given: dict[str, Any], now: datetime) -> PaymentIntent:
    """Change what is given; the rest stays.

    :raises IllegalMove: the terms of a payment cannot change any more. Texts and metadata still
        can.
    """
    intent = queries.get_payment_intent(intent_id, for_update=True)
    of_terms = set(given) - terms.TEXTS
    if of_terms and Status(intent.status) not in domain.CHANGEABLE:
        raise domain.IllegalMove(
            f"{', '.join(sorted(of_terms))} cannot change any more: "
            f"the status of this PaymentIntent is {intent.status}.",
            payment_intent=intent,
        )
    terms.set_terms(intent, given=given, now=now)
    intent.save()
    return intent  # the wire has no event for this


@use_case
def _create(*, given: dict[str, Any], now: datetime) -> PaymentIntent:
    intent = terms.new_intent(given, now=now)
    intent.save(force_insert=True)
    events.record([events.Change("payment_intent.created", intent)])
    return intent
