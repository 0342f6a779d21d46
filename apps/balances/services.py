"""Posting of balance transactions, and the release of their money when its time has come."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.balances import domain, queries
from apps.balances.models import Release
from apps.core import context, jobs
from apps.core.ids import ALPHABET
from apps.core.money import Money
from apps.events import services as events
from apps.ledger import services as ledger

RELEASE = "balances.release"
# How many balance transactions one ledger transaction releases at most.
BATCH = 1000
# Payments that become available in one minute share this many jobs: a job's row is locked by whoever
# schedules it until the commit, and one row for all would make payments wait for each other.
JOBS_PER_MINUTE = 16


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
    """Post a charge or a refund for the current account: two statements in the caller's transaction.

    Money that is available already (`available_on` is not after `now`) is posted to what is
    available, or taken from it, and needs no release. The same `reference` again returns the first one.

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
        effective_at=now,
        metadata={
            "type": kind,
            "source": source,
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
            currency=money.currency,
            net_minor=(money - fee).minor,
            due_at=available_on,
            released_at=now if is_available else None,
            released_by=posted.transaction_id if is_available else None,
        )
    return Posted(id=transaction_id, release=_release_job(transaction_id, due_at=available_on))


def release_due(*, now: datetime) -> int:
    """Make available what is due in the current environment; return how many were released.

    Several may do this at once: each takes what no other holds. What another one still holds is left
    to a job of its own, in case that other one dies.
    """
    released = 0
    while taken := _release_some(now=now):
        released += taken
    left = queries.oldest_due(now=now)
    if left is not None:
        jobs.schedule(_release_job(left.id, due_at=now))
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
        released_by = _post_release(taken, net=net, now=now) if net else None
        Release.objects.filter(pk__in=[row.pk for row in taken]).update(
            released_at=now, released_by=released_by
        )
        if net:
            events.record([events.Change("balance.available", queries.get_balance())])
    return len(taken)


def _post_release(taken: list[Release], *, net: Money, now: datetime) -> str:
    """Move `net` between pending and available; return the id of the ledger transaction."""
    posted = ledger.post(
        domain.release_postings(account_id=taken[0].account_id, net=net),
        # No two releases have the same first one: were a row released twice, this would be refused.
        reference=f"release:{taken[0].id}",
        effective_at=now,
        metadata={"releases": len(taken)},
    )
    assert posted.is_new, f"{taken[0].id} was released by {posted.transaction_id}."
    return posted.transaction_id


def _release_job(transaction_id: str, *, due_at: datetime) -> jobs.Due:
    minute = domain.next_minute(due_at)
    part = ALPHABET.index(transaction_id[-1]) % JOBS_PER_MINUTE
    return jobs.Due(
        key=f"release:{context.current().environment.id}:{minute:%Y-%m-%dT%H:%M}:{part}",
        task=RELEASE,
        due_at=minute,
    )
