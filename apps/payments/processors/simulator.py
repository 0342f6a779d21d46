"""The simulator: a processor with a memory of its own, for sandboxes.

It keeps what it was asked in `SimulatedOrder` and commits by itself, as a processor elsewhere
would: what it decided stays decided when the caller's transaction or process is gone.
"""

import time
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.payments.domain import Answer, Order, Outcome
from apps.payments.models import SimulatedOrder
from apps.payments.processors.cards import BY_KEY, MESSAGES


class Simulator:
    """Decides by the test card alone, so that the same story ends the same way every time."""

    name = "sim"
    timeout_s = 20.0

    def authorise(self, order: Order, *, now: datetime) -> Answer:
        """Decide by the card."""
        return self._carry_out(order, _decide(order), now=now)

    # What was authorised can be captured, raised, released and refunded, and what was refunded is
    # not stopped by anything: services check the amounts.

    def capture(self, order: Order, *, now: datetime) -> Answer:
        """Take what was authorised."""
        return self._carry_out(order, Answer(Outcome.APPROVED), now=now)

    def increment(self, order: Order, *, now: datetime) -> Answer:
        """Authorise more."""
        return self._carry_out(order, Answer(Outcome.APPROVED), now=now)

    def cancel(self, order: Order, *, now: datetime) -> Answer:
        """Let go."""
        return self._carry_out(order, Answer(Outcome.APPROVED), now=now)

    def refund(self, order: Order, *, now: datetime) -> Answer:
        """Give back."""
        return self._carry_out(order, Answer(Outcome.APPROVED), now=now)

    def contest(self, order: Order, *, now: datetime) -> Answer:
        """Take the evidence."""
        return self._carry_out(order, Answer(Outcome.APPROVED), now=now)

    def enquire(self, reference: str, *, now: datetime) -> Answer | None:  # noqa: ARG002  # no future
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

    def _carry_out(self, order: Order, answer: Answer, *, now: datetime) -> Answer:
        """Remember and answer; an order that was decided before is answered as it was then."""
        time.sleep(settings.SIMULATOR_DELAY_BEFORE_MS / 1000)
        try:
            with transaction.atomic():
                _remember(order, answer, now=now)
        except IntegrityError:
            # The reference was decided before, by this order sent earlier.
            answer = self.enquire(order.reference, now=now) or answer
        time.sleep(settings.SIMULATOR_DELAY_AFTER_MS / 1000)
        return answer


def _decide(order: Order) -> Answer:
    card = BY_KEY[order.token]
    if card.code:
        return Answer(
            Outcome.DECLINED,
            code=card.code,
            decline_code=card.decline_code,
            message=MESSAGES[card.decline_code],
        )
    return Answer(Outcome.APPROVED, available_at_once=card.available_at_once)


def _remember(order: Order, answer: Answer, *, now: datetime) -> None:
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
        created_at=now,
    )
