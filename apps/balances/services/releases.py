"""The release of money when its time has come."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.balances import domain, queries
from apps.balances.models import Release
from apps.core import context, jobs
from apps.core.money import Money
from apps.events import services as events
from apps.ledger import services as ledger

RELEASE = "balances.release"
# How many balance transactions one ledger transaction releases at most.
BATCH = 1000
# By then, every transaction that was open when its money became available has ended: no process
# works on anything for longer than five minutes.
LATE_COMMIT = timedelta(minutes=6)


def run_release(*, minute: datetime, now: datetime) -> None:
    """Do the job of `minute`: release what is due, and look a second time later.

    A payment that was under way while the job ran found the job there, so it scheduled none; and
    what another releaser holds stays, should that one die. The second look finds both.
    """
    release_due(now=now)
    second_look_at = minute + LATE_COMMIT
    if now < second_look_at:
        jobs.schedule(release_job(minute, run_at=second_look_at))
    elif queries.is_any_due(now=now):
        jobs.schedule(release_job(minute, run_at=now + LATE_COMMIT))


def release_due(*, now: datetime) -> int:
    """Make available what is due in the current environment; return how many were released.

    Several may do this at once: each takes what no other one holds.
    """
    released = 0
    while taken := _release_some(now=now):
        released += taken
    return released


@transaction.atomic(durable=True)
def _release_some(*, now: datetime) -> int:
    """Release up to BATCH balance transactions of one account and currency; return how many.

    One ledger transaction moves what they come to, and the rows are marked together with it: it is
    their only one, and there is none without it.
    """
    taken = queries.take_due(now=now, limit=BATCH)
    if not taken:
        return 0
    first = taken[0]
    net = Money(sum(row.net_minor for row in taken), first.currency)
    with context.amended(account_id=first.account_id):
        released_by = _post_release(taken, net=net) if net else None
        Release.objects.filter(pk__in=[row.pk for row in taken]).update(
            released_at=now, released_by=released_by
        )
        if net:
            events.record([events.Change("balance.available", queries.get_balance())])
    return len(taken)


def _post_release(taken: list[Release], *, net: Money) -> str:
    """Move `net` between pending and available; return the id of the ledger transaction."""
    posted = ledger.post(
        domain.release_postings(account_id=taken[0].account_id, net=net),
        # No two releases have the same first one: were a row released twice, this would be refused.
        reference=f"release:{taken[0].id}",
        details={"type": "release", "releases": len(taken)},
    )
    assert posted.is_new, f"{taken[0].id} was released by {posted.transaction_id}."
    return posted.transaction_id


def release_job(minute: datetime, *, run_at: datetime | None = None) -> jobs.Due:
    """Return the job that all payments share whose money becomes available until `minute`."""
    return jobs.Due(
        key=f"release:{context.current().environment.id}:{minute:%Y-%m-%dT%H:%M}",
        task=RELEASE,
        due_at=run_at or minute,
        kwargs={"minute": minute.isoformat()},
    )
