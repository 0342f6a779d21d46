"""Posting of balance transactions, and the release of their money when its time has come."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Posted:
    """A balance transaction that was posted.

    :ivar release: the job that will make its money available; the caller has it scheduled.
    """

    id: str
    release: jobs.Due


def post_balance_transaction(
    *,
    kind: str,
    source: str,
    money: Money,
    fee: Money,
    processor: str,
    reference: str,
    description: str | None,
    now: datetime,
    available_on: datetime,
) -> Posted:
    """Post a charge or a refund of the current account, in the caller's transaction.

    Money that is available already (`available_on` is not after `now`) is posted to what is
    available, or taken from it, and needs no release. The same `reference` again returns the
    first balance transaction.

    :param kind: of `domain.Kind`.
    :param source: the id of the charge or the refund.
    :param money: what was captured, or, less than 0, what was given back.
    :param fee: what the platform keeps of it, 0 or more, in the same currency.
    :raises Conflict: the reference was used for something else.
    """
    account_id = context.current().account_id
    is_available = available_on <= now
    posted = ledger.post(
        domain.postings(
            domain.Kind(kind),
            account_id=account_id,
            money=money,
            fee=fee,
            processor=processor,
            is_available=is_available,
        ),
        reference=reference,
        source_id=source,
        details={
            "type": kind,
            "available_on": available_on.isoformat(),
            "description": description,
        },
    )
    transaction_id = domain.balance_transaction_id(posted.transaction_id)
    if posted.is_new:
        Release.objects.create(
            id=transaction_id,
            account_id=account_id,
            created_at=now,
            kind=kind,
            currency=money.currency,
            net_minor=(money - fee).minor,
            due_at=available_on,
            released_at=now if is_available else None,
            released_by=posted.transaction_id if is_available else None,
        )
    return Posted(id=transaction_id, release=_release_job(domain.next_minute(available_on)))


def run_release(*, minute: datetime, now: datetime) -> None:
    """Do the job of `minute`: release what is due, and look a second time later.

    A payment that was under way while the job ran found the job there, so it scheduled none; and
    what another releaser holds stays, should that one die. The second look finds both.
    """
    release_due(now=now)
    second_look_at = minute + LATE_COMMIT
    if now < second_look_at:
        jobs.schedule(_release_job(minute, run_at=second_look_at))
    elif queries.is_any_due(now=now):
        jobs.schedule(_release_job(minute, run_at=now + LATE_COMMIT))


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


def _release_job(minute: datetime, *, run_at: datetime | None = None) -> jobs.Due:
    """Return the job that all payments share whose money becomes available until `minute`."""
    return jobs.Due(
        key=f"release:{context.current().environment.id}:{minute:%Y-%m-%dT%H:%M}",
        task=RELEASE,
        due_at=run_at or minute,
        kwargs={"minute": minute.isoformat()},
    )
