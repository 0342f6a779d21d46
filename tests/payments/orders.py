"""Orders to the simulator, as the services send them, and the time that passes for it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from apps.core import clock, jobs
from apps.core.models import Job
from apps.core.money import Money
from apps.payments.domain import AttemptKind, Order

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
_numbers = count(1)


def order(kind: AttemptKind, minor: int = 10_000, **details: Any) -> Order:
    """Return an order in dollars under a new reference, unless it is given."""
    details.setdefault("reference", f"att_{next(_numbers)}")
    return Order(kind=kind, money=Money(minor, "usd"), **details)


def charge(token: str = "visa", minor: int = 10_000, **details: Any) -> Order:
    """Return an order to charge a card."""
    return order(AttemptKind.CHARGE, minor, token=token, **details)


def let_pass(duration: timedelta = timedelta(0)) -> datetime:
    """Run what is due until now and `duration`, each at its time; return the time then."""
    now = clock.now()
    until = now + duration
    for _ in range(200):
        due = Job.objects.filter(due_at__lte=until).order_by("due_at").first()
        if due is None:
            return until
        now = max(now, due.due_at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda now=now: now)
            jobs.run_due(now=now)
    pytest.fail(f"Jobs that never end: {list(Job.objects.values_list('key', 'due_at'))}")
