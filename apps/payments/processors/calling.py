"""The one way to a processor."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import connection

from apps.payments.domain import Answer, AttemptKind, Order
from apps.payments.processors.base import Processor
from apps.payments.processors.choosing import named

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


def call(name: str, order: Order, *, now: datetime) -> Answer:
    """Send `order` to the processor `name`, with the verb of its kind."""
    _check_outside_transactions()
    return _VERBS[order.kind](named(name))(order, now=now)


def enquire(name: str, reference: str, *, now: datetime) -> Answer | None:
    """Ask the processor `name` what became of an order; None if it never arrived."""
    _check_outside_transactions()
    return named(name).enquire(reference, now=now)


def _check_outside_transactions() -> None:
    """A processor may take seconds: no lock is held, and what was claimed has been committed.

    (The blocks that a test case wraps around everything are no transactions of ours.)
    """
    assert all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks), (
        "A processor is called outside any transaction."
    )
