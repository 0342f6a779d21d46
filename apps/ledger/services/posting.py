"""Posting to the ledger, in the caller's transaction."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django_tenants.utils import quote_schema_name

from apps.core import clock, context, jobs
from apps.ledger import domain, installation, posting_call
from apps.ledger.domain import Draft, Posting, Projection

EXPIRE = "ledger.expire"
# Whoever schedules a job holds its row until the commit. With one row for a minute, all that
# expires in it would queue; which of these it is belongs to the thread, so nobody holds two.
EXPIRY_JOBS = 16


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a transaction: the id of the one with its reference, and whether it is new."""

    transaction_id: str
    is_new: bool


def post(
    postings: Iterable[Posting],
    *,
    reference: str,
    effective_at: datetime | None = None,
    pending: bool = False,
    expires_at: datetime | None = None,
    resolves: str | None = None,
    reverses: str | None = None,
    source_id: str | None = None,
    details: dict[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
) -> Posted:
    """Post one transaction, in the caller's transaction and one round trip. See `Draft`.

    Accounts of the chart are opened when they are first used. The same reference with the same
    inputs returns the first transaction. Call it once in a transaction, for all its postings, and
    late: it holds the balances' locks until the commit. A refusal leaves the transaction unusable.

    :raises DomainError: see `domain.refusals`: the reference moved something else, a floor would be
        crossed, an account is closed, unknown or of another currency, a posting is not well-formed,
        what is to be resolved is not pending or was resolved before.
    """
    draft = Draft(
        postings=tuple(postings),
        reference=reference,
        effective_at=effective_at,
        is_pending=pending,
        expires_at=expires_at,
        resolves=resolves,
        reverses=reverses,
        source_id=source_id,
        details=details,
        metadata=metadata,
    )
    return post_many([draft])[0]


def post_many(drafts: Sequence[Draft]) -> list[Posted]:
    """Post any number of transactions in the caller's transaction and one round trip: all or none.

    :returns: one for each draft, in their order.
    :raises DomainError: as `post`.
    """
    assert connection.in_atomic_block, "Money moves with its cause, in one transaction."
    if not drafts:
        return []
    domain.validate_all(drafts)
    here = context.current()
    rows = posting_call.run(
        drafts,
        owner=here.account_id,
        house=here.environment.account_id,
        now=clock.now(),
    )
    for minute in sorted({domain.minute_of(d.expires_at) for d in drafts if d.expires_at}):
        jobs.schedule(expiry_job(minute))
    return [Posted(*row) for row in rows]


def hold_posting() -> None:
    """Wait for whoever is posting, and hold up whoever is about to, until this commits.

    Whoever posts has a lock on this table by inserting into it; see decision 0014. Call it before
    anything is posted in the transaction: two who have both posted would wait for each other.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {schema}.ledger_transaction IN SHARE ROW EXCLUSIVE MODE")


def expiry_job(minute: datetime) -> jobs.Due:
    """Return a job that gives up what expires in the minute that ends at `minute`.

    There are up to EXPIRY_JOBS of them for a minute: each looks at all of it, and finds less to do.
    """
    share = threading.get_native_id() % EXPIRY_JOBS
    return jobs.Due(
        key=f"ledger-expiry:{context.current().environment.id}:{minute:%Y-%m-%dT%H:%M}:{share}",
        task=EXPIRE,
        due_at=minute,
        kwargs={"minute": minute.isoformat()},
    )


def use_projection(kind: Projection) -> None:
    """Let the balances of the current environment be kept by the other kind of trigger.

    Both mean the same, so nothing is computed anew; postings wait meanwhile. An environment that
    moves to Citus needs it, and the tests, which run with both.
    """
    assert connection.in_atomic_block, "Between the two triggers there is none."
    installation.install_projection(connection, kind)
