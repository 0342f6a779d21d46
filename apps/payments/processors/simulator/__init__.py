"""The simulator: a processor with a memory of its own, for sandboxes.

It keeps what it was asked in `SimulatedOrder` and commits by itself, as a processor elsewhere
would: what it decided stays decided when the caller's transaction or process is gone. It is strict:
it takes no more than was authorised, and gives back no more than was taken.

- `deciding`: what it says of an order, from the card or the bank account alone;
- `memory`: what it remembers;
- `charging`: payments and set-ups, and the challenge of 3-D Secure;
- `following`: captures, refunds and whatever else is about an order that came before;
- `scripts`: the scenarios that change all this;
- `transfers`: money that customers transfer;
- `future`: what happens by itself later, and how it is told;
- `reports`: signed notifications, and the report of what was moved.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings

from apps.payments.domain import Answer, AttemptKind, Notification, Order, Outcome, Settled
from apps.payments.processors.simulator import (
    charging,
    deciding,
    following,
    memory,
    reports,
    scripts,
)
from apps.payments.processors.simulator.charging import authenticate
from apps.payments.processors.simulator.deciding import token_of
from apps.payments.processors.simulator.following import expire_refund
from apps.payments.processors.simulator.future import happen, hurry, told
from apps.payments.processors.simulator.reports import sign as sign_notification
from apps.payments.processors.simulator.reports import write as write_notification
from apps.payments.processors.simulator.scripts import Fault, Step
from apps.payments.processors.simulator.transfers import receive_transfer

__all__ = [
    "Simulator",
    "authenticate",
    "expire_refund",
    "happen",
    "hurry",
    "receive_transfer",
    "sign_notification",
    "token_of",
    "told",
    "write_notification",
]

UNKNOWN = Answer(Outcome.UNKNOWN)


class Simulator:
    """Decides by the payment method alone, unless a scenario has a say."""

    name = "sim"

    @property
    def timeout_s(self) -> float:
        """Return after how long a caller has no answer."""
        return float(settings.PROCESSOR_TIMEOUT_S)

    def authorise(self, order: Order, *, now: datetime) -> Answer:
        """Charge, authorise or set up, as the payment method says."""
        with _delays():
            answer = self._authorise_at_once(order, now=now)
        return answer or self._carry_out(order, now=now, verb=charging.authorise)

    def capture(self, order: Order, *, now: datetime) -> Answer:
        """Take what was authorised, or a part of it."""
        return self._carry_out(order, now=now, verb=following.capture)

    def increment(self, order: Order, *, now: datetime) -> Answer:
        """Authorise more: `order.money` is the new total."""
        return self._carry_out(order, now=now, verb=following.increment)

    def cancel(self, order: Order, *, now: datetime) -> Answer:
        """Let an authorisation or a challenge go, or stop a refund that is pending."""
        return self._carry_out(order, now=now, verb=following.cancel)

    def refund(self, order: Order, *, now: datetime) -> Answer:
        """Give back what was captured, or a part of it."""
        return self._carry_out(order, now=now, verb=following.refund)

    def contest(self, order: Order, *, now: datetime) -> Answer:
        """Take the evidence of a dispute; without any, the dispute is given up."""
        return self._carry_out(order, now=now, verb=following.contest)

    def enquire(self, reference: str, *, now: datetime) -> Answer | None:
        """Return how things stand with `reference`; None if it never arrived."""
        row = memory.find(reference)
        step = scripts.take_step("enquire", whose=scripts.owner_of(row))
        _pause(_latency_ms(step, self.timeout_s))
        if step.fault or step.latency_ms >= self.timeout_s * 1000:
            return UNKNOWN
        if row is None:
            return None
        asked = row.facts.get("action", {}) if row.outcome == Outcome.ACTION else {}
        if deciding.is_too_late(asked, asked_at=row.created_at, now=now):
            return authenticate(reference, is_passed=False, now=now)
        return memory.answer_of(row, behaviour=deciding.behaviour_of(row.token))

    def verify_notification(
        self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime
    ) -> tuple[Notification, ...]:
        """Return what a notification says that comes from here.

        :raises InvalidNotification: it does not, or it is too old.
        """
        return reports.verify(headers=headers, body=body, secret=secret, now=now)

    def settle_report(self, *, since: datetime, until: datetime) -> Iterable[Settled]:
        """Return what was moved from `since` until before `until`, in the order of time."""
        return reports.settle_report(since=since, until=until)

    def _authorise_at_once(self, order: Order, *, now: datetime) -> Answer | None:
        """Answer a new order that nothing follows, with one statement; None: look closer."""
        behaviour = deciding.behaviour_of(order.token)
        if not behaviour.is_simple or order.original:
            return None
        answer = deciding.decide(order, behaviour, now=now)
        facts = {"context": dict(order.context)} if order.context else {}
        if not memory.remember(order, answer, now=now, facts=facts, is_scripted=False):
            return None
        return deciding.with_network(
            answer, reference=order.reference, behaviour=behaviour, is_authenticated=False
        )

    def _carry_out(self, order: Order, *, now: datetime, verb: Callable[..., Answer]) -> Answer:
        """Carry out an order as the scenarios want it; one that came before is only answered."""
        known = memory.find(order.reference)
        if known is not None:
            behaviour = deciding.behaviour_of(known.token)
            return memory.same_answer(known, order, behaviour=behaviour)
        original = memory.find(order.original) if order.original else None
        whose = scripts.owner_of(original) or {**order.context, "token": order.token}
        step = scripts.take_step(_word_of(order), whose=whose)
        _pause(_latency_ms(step, self.timeout_s))
        if step.fault in (Fault.TIMEOUT_BEFORE, Fault.UNAVAILABLE):
            return UNKNOWN
        with _delays():
            answer = verb(order, step=step, now=now)
        if step.fault == Fault.TIMEOUT_AFTER or step.latency_ms >= self.timeout_s * 1000:
            return UNKNOWN
        return answer


@contextmanager
def _delays() -> Iterator[None]:
    """Think before and after, as long as the settings say."""
    _pause(settings.SIMULATOR_DELAY_BEFORE_MS)
    yield
    _pause(settings.SIMULATOR_DELAY_AFTER_MS)


def _word_of(order: Order) -> str:
    """Return what a scenario calls an order of this kind."""
    return {
        AttemptKind.VOID: "cancel",
        AttemptKind.REFUND_CANCEL: "cancel",
    }.get(order.kind, order.kind.value)


def _latency_ms(step: Step, timeout_s: float) -> float:
    """Return how long the caller waits: no longer than until they give up."""
    return min(step.latency_ms, timeout_s * 1000)


def _pause(duration_ms: float) -> None:
    if duration_ms:
        time.sleep(duration_ms / 1000)
