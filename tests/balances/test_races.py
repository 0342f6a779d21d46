"""Releasers that work at the same time, with real commits."""

from datetime import timedelta

from django.db import transaction

from apps.balances import queries, services
from apps.balances.models import Release
from apps.core import clock
from apps.core.models import Job
from apps.ledger import queries as ledger
from tests.balances.money import TWO_DAYS, balance, charge, refund
from tests.races import at_once


def test_releasers_at_once_release_everything_once(committed_environment, monkeypatch):
    monkeypatch.setattr(services.releases, "BATCH", 5)
    for minor in range(1, 25):
        charge(minor)
        charge(minor, "kwd")
    refund(100)
    now = clock.now() + TWO_DAYS

    released = at_once(*[lambda: services.release_due(now=now)] * 6)
    released.append(services.release_due(now=now))  # what the last ones of them left to each other

    assert sum(released) == 49
    assert balance() == {"kwd": (0, 300), "usd": (0, 200)}
    assert not Release.objects.filter(released_at=None).exists()
    assert ledger.check_drift() == []


def test_what_another_releaser_holds_is_left_to_the_second_look(committed_environment):
    charge(100)
    now = clock.now() + TWO_DAYS
    minute = now - timedelta(hours=1)  # the second look of this job is over as well

    with transaction.atomic():
        queries.take_due(now=now, limit=1)
        (answer,) = at_once(lambda: services.run_release(minute=minute, now=now))

    assert answer is None
    assert balance() == {"usd": (100, 0)}
    assert Job.objects.get(task=services.RELEASE).due_at == now + services.LATE_COMMIT
    assert services.release_due(now=now) == 1
    assert balance() == {"usd": (0, 100)}
