"""The one way to a processor: outside any transaction, through a breaker, and with a line in the
log.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import structlog
from django.db import connection

from apps.core import context
from apps.core.breaker import Breakers, BreakerState
from apps.core.errors import Unavailable
from apps.payments.domain import Answer, AttemptKind, Order, Outcome
from apps.payments.processors.base import Processor
from apps.payments.processors.choosing import named

log = structlog.get_logger(__name__)
A = TypeVar("A", bound=Answer | None)

_VERBS: Final[dict[AttemptKind, Callable[[Processor], Callable[..., Answer]]]] = {
    AttemptKind.CHARGE: lambda processor: processor.authorise,
    AttemptKind.SETUP: lambda processor: processor.authorise,
    AttemptKind.CAPTURE: lambda processor: processor.capture,
    AttemptKind.INCREMENT: lambda processor: processor.increment,
    AttemptKind.VOID: lambda processor: processor.cancel,
    AttemptKind.REFUND: lambda processor: processor.refund,
    AttemptKind.REFUND_CANCEL: lambda processor: processor.cancel,
    AttemptKind.CONTEST: lambda processor: processor.contest,
}
# By processor and environment: what one tenant has set up wrongly is nobody else's trouble.
breakers: Final = Breakers()


class ProcessorUnavailable(Unavailable):
    """The processor has not answered for a while, so that it is not asked now."""

    code = "processor_unavailable"


def check_available(name: str, *, now: datetime) -> None:
    """Refuse what would need the processor `name` while it does not answer.

    Called before anything is written, so that the request can simply be sent again.

    :raises ProcessorUnavailable: its breaker is open.
    """
    if breakers.state(_breaker_of(name), now=now) == BreakerState.OPEN:
        raise ProcessorUnavailable(
            "The payment processor does not answer at the moment. Nothing was charged; try again "
            "in a little while."
        )


def call(name: str, order: Order, *, now: datetime) -> Answer:
    """Send `order` to the processor `name`, with the verb of its kind.

    While its breaker is open nothing is sent, and the outcome is unknown: the order goes out later,
    under the same reference.
    """
    verb = _VERBS[order.kind](named(name))
    return _through_breaker(
        name,
        lambda: verb(order, now=now),
        what=order.kind.value,
        reference=order.reference,
        now=now,
    )


def enquire(name: str, reference: str, *, now: datetime) -> Answer | None:
    """Ask the processor `name` what became of an order; None if it never arrived."""
    return _through_breaker(
        name,
        lambda: named(name).enquire(reference, now=now),
        what="enquire",
        reference=reference,
        now=now,
    )


def _through_breaker(
    name: str, ask: Callable[[], A], *, what: str, reference: str, now: datetime
) -> A | Answer:
    _check_outside_transactions()
    breaker = _breaker_of(name)
    if not breakers.allow(breaker, now=now):
        log.warning("processor_not_asked", processor=name, what=what, reference=reference)
        return Answer(Outcome.UNKNOWN)
    started = time.perf_counter()
    is_answered = False
    outcome = "failed"
    try:
        answer = ask()
        outcome = "never_arrived" if answer is None else answer.outcome.value
        is_answered = outcome != Outcome.UNKNOWN
    finally:
        breakers.note(breaker, is_answered=is_answered, now=now)
        log.info(
            "processor_asked",
            processor=name,
            what=what,
            reference=reference,
            outcome=outcome,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )
    return answer


def _breaker_of(name: str) -> tuple[str, str]:
    return name, context.current().environment.id


def _check_outside_transactions() -> None:
    """A processor may take seconds: no lock is held, and what was claimed has been committed.

    (The blocks that a test case wraps around everything are no transactions of ours.)
    """
    assert all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks), (
        "A processor is called outside any transaction."
    )
