"""The simulator: a processor with a memory of its own, for sandboxes.

It keeps what it was asked in `SimulatedOrder` and commits by itself, as a processor elsewhere
would: what it decided stays decided when the caller's transaction or process is gone.
"""

import time

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.core import clock
from apps.payments.domain import Answer, AttemptKind, Order, Outcome
from apps.payments.models import SimulatedOrder
from apps.payments.processors.cards import BY_KEY, MESSAGES


class Simulator:
    """Decides by the test card alone, so that the same story ends the same way every time."""

    name = "sim"

    def submit(self, order: Order) -> Answer:
        """Decide, remember, answer; an order that was decided before is answered as it was then."""
        time.sleep(settings.SIMULATOR_DELAY_BEFORE_MS / 1000)
        answer = _decide(order)
        try:
            with transaction.atomic():
                _remember(order, answer)
        except IntegrityError:
            # The reference was decided before, by this order sent earlier.
            answer = self.enquire(order.reference) or answer
        time.sleep(settings.SIMULATOR_DELAY_AFTER_MS / 1000)
        return answer

    def enquire(self, reference: str) -> Answer | None:
        """Return what was decided for `reference`."""
        known = SimulatedOrder.objects.filter(reference=reference).first()
        if known is None:
            return None
        return Answer(
            outcome=Outcome(known.outcome),
            code=known.code,
            decline_code=known.decline_code,
            message=MESSAGES.get(known.decline_code, ""),
            available_at_once=known.available_at_once,
        )


def _decide(order: Order) -> Answer:
    # What was authorised can be captured, released and refunded; services check the amounts.
    if order.kind != AttemptKind.CHARGE:
        return Answer(Outcome.APPROVED)
    card = BY_KEY[order.token]
    if card.code:
        return Answer(
            Outcome.DECLINED,
            code=card.code,
            decline_code=card.decline_code,
            message=MESSAGES[card.decline_code],
        )
    return Answer(Outcome.APPROVED, available_at_once=card.available_at_once)


def _remember(order: Order, answer: Answer) -> None:
    SimulatedOrder.objects.create(
        reference=order.reference,
        kind=order.kind.value,
        original=order.original,
        amount_minor=order.money.minor,
        currency=order.money.currency,
        outcome=answer.outcome.value,
        code=answer.code,
        decline_code=answer.decline_code,
        available_at_once=answer.available_at_once,
        created_at=clock.now(),
    )
