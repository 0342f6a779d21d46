"""The one way to a bank: outside any transaction, through a breaker, with a line in the log."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import structlog
from django.db import connection

from apps.balances.domain import Transfer, TransferAnswer, TransferState
from apps.balances.processors.choosing import named
from apps.core import context
from apps.core.breaker import Breakers

log = structlog.get_logger(__name__)
A = TypeVar("A", bound=TransferAnswer | None)
_UNKNOWN: Final = TransferAnswer(TransferState.UNKNOWN)
# By bank and environment, as with the processors of payments.
breakers: Final = Breakers()


def transfer(name: str, order: Transfer, *, now: datetime) -> TransferAnswer:
    """Send an order to the bank `name`; nothing is sent while it does not answer."""
    return _through_breaker(
        name,
        lambda: named(name).transfer(order, now=now),
        what="transfer",
        reference=order.reference,
        now=now,
    )


def enquire(name: str, reference: str, *, now: datetime) -> TransferAnswer | None:
    """Ask the bank `name` what became of a transfer; None if it knows nothing of it."""
    return _through_breaker(
        name,
        lambda: named(name).enquire(reference, now=now),
        what="enquire",
        reference=reference,
        now=now,
    )


def _through_breaker(
    name: str, ask: Callable[[], A], *, what: str, reference: str, now: datetime
) -> A | TransferAnswer:
    # A bank may take seconds: no lock is held, and what was claimed has been committed. (The
    # blocks that a test case wraps around everything are no transactions of ours.)
    assert all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks), (
        "A bank is called outside any transaction."
    )
    breaker = (name, context.current().environment.id)
    if not breakers.allow(breaker, now=now):
        log.warning("bank_not_asked", bank=name, what=what, reference=reference)
        return _UNKNOWN
    started = time.perf_counter()
    is_answered = False
    outcome = "failed"
    try:
        answer = ask()
        outcome = "never_arrived" if answer is None else answer.state.value
        is_answered = answer is None or answer.state is not TransferState.UNKNOWN
    finally:
        breakers.note(breaker, is_answered=is_answered, now=now)
        log.info(
            "bank_asked",
            bank=name,
            what=what,
            reference=reference,
            outcome=outcome,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )
    return answer
