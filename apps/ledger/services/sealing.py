"""Sealing: postings that nothing can come between any more are hashed into a chain.

Off the path of whoever posts: beat rings, and the row of `ledger_state` is the job.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

import structlog
from django.db import connection, transaction
from django_tenants.utils import quote_schema_name

from apps.core import clock, context
from apps.core.ids import new_id
from apps.ledger import queries
from apps.ledger.domain import leaves, merkle
from apps.ledger.domain.refusals import NothingToSeal
from apps.ledger.domain.seals import GENESIS, Header, seal_hash
from apps.ledger.models import LedgerSeal, LedgerState
from apps.ledger.queries import seals
from apps.ledger.queries.seals import PostingRow, Writers
from apps.tenants import queries as tenants

log = structlog.get_logger(__name__)

# Of one seal. A seal is verified in one piece, and all of it is read for a proof of one entry.
POSTINGS_MAX = 5_000
# Entries between two snapshots of an account; at most twice as many.
ENTRIES_PER_INTERVAL = 10_000
# Of one request.
SEALS_AT_ONCE = 20


@transaction.atomic(durable=True)
def seal_step(*, now: datetime) -> LedgerSeal | None:
    """Seal the next postings of the current environment, if there are any that can be sealed.

    :returns: None if all is sealed, if somebody who began before still posts, if another process
        seals at this moment, or if the book is frozen: what was found must be understood first.
    """
    # Before the lock, which gives this transaction an id: see `Writers.ours`.
    newest = seals.newest_posting()
    state = LedgerState.objects.select_for_update(skip_locked=True).first()
    if state is None or state.frozen_at is not None or newest <= state.sealed_until:
        return None
    writers = seals.writers()
    until = _settled_until(state, newest=newest, writers=writers)
    postings = _sealable(state, until=until)
    if postings:
        seal = _seal(postings, state=state, now=now)
        keep_snapshots(after=state.sealed_until, until=seal.last_posting)
        state.sealed_until = seal.last_posting
    if not _is_awaited(state, ours=writers.ours):
        state.horizon, state.horizon_xmax = newest, writers.ours
    state.save(update_fields=["sealed_until", "horizon", "horizon_xmax"])
    return seal if postings else None


def seal_now(*, now: datetime) -> LedgerSeal:
    """Seal what can be sealed, at most SEALS_AT_ONCE times; return the newest seal.

    :raises NothingToSeal: there is no seal, and none can be made.
    """
    newest = None
    for _ in range(SEALS_AT_ONCE):
        seal = seal_step(now=now)
        if seal is None:
            break
        newest = seal
    newest = newest or seals.newest_seal()
    if newest is None:
        raise NothingToSeal("There is no posting that can be sealed.")
    return newest


def seal_everywhere(*, budget_s: float) -> int:
    """Seal in all environments, a seal each in turn, for a bounded time; return how many were made.

    Any number of processes may do so at once: they pass over what another one works on.
    """
    until = time.monotonic() + budget_s
    environments = {one.id: one for one in tenants.list_environments()}
    lags = queries.seal_lags(list(environments.values()))
    waiting = [environments[one] for one, lag in lags.items() if lag.postings]
    made = 0
    while waiting:
        for environment in list(waiting):
            if time.monotonic() > until:
                return made
            with context.enter(environment, by="system"):
                if _try_step():
                    made += 1
                else:
                    waiting.remove(environment)
    return made


def keep_snapshots(*, after: int, until: int) -> None:
    """Add the postings with ids after `after`, up to `until`, to the snapshots of their accounts.

    In the transaction that moves `sealed_until`, with the row of `ledger_state` locked.
    """
    assert connection.in_atomic_block, "Snapshots have what is sealed, at any moment."
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {schema}.ledger_keep_snapshots(%s, %s, %s)",
            [after, until, ENTRIES_PER_INTERVAL],
        )


def _try_step() -> bool:
    """Make a seal of the current environment; return whether there may be more to do."""
    try:
        return seal_step(now=clock.now()) is not None
    except Exception:
        # The edge of the process: the book of one environment must not hold up the others.
        log.exception("seal_failed")
        return False


def _settled_until(state: LedgerState, *, newest: int, writers: Writers) -> int:
    """Return the last posting before which nothing can appear any more; 0 if none is known.

    Ids are drawn before they are committed: one that is lower may still come, from a transaction
    that was at work when the horizon was taken. The ids of such transactions are lower than the one
    that was noted with it.
    """
    oldest = writers.oldest
    if oldest is None or oldest >= writers.ours:
        return newest
    if state.horizon is None or not _is_awaited(state, ours=writers.ours):
        return 0
    assert state.horizon_xmax is not None
    return state.horizon if oldest >= state.horizon_xmax else 0


def _is_awaited(state: LedgerState, *, ours: int) -> bool:
    """Return whether the horizon that was noted is still ahead, and of this server.

    In a book that was restored from a dump it may be that of another server, whose transactions
    have other ids: a later one than ours will not be waited for.
    """
    return (
        state.horizon is not None
        and state.horizon_xmax is not None
        and state.horizon > state.sealed_until
        and state.horizon_xmax <= ours
    )


def _sealable(state: LedgerState, *, until: int) -> Sequence[PostingRow]:
    """Return the next postings: up to the first that hangs in the air, which verification names."""
    if until <= state.sealed_until:
        return []
    # A statement of its own: it sees what those who have ended meanwhile have committed.
    rows = seals.read_postings(after=state.sealed_until, until=until, limit=POSTINGS_MAX)
    sound = list(takewhile(lambda row: row.leaf is not None, rows))
    if rows and not sound:
        log.error("seal_stopped", posting=rows[0].id, faults=rows[0].faults)
    return sound


def _seal(postings: Sequence[PostingRow], *, state: LedgerState, now: datetime) -> LedgerSeal:
    """Write the seal of `postings`, the next of the chain."""
    before = seals.newest_seal()
    header = Header(
        number=1 if before is None else before.number + 1,
        previous=GENESIS if before is None else before.hash,
        root=root_of(postings),
        count=len(postings),
        sealed_at=now,
    )
    house = context.current().environment.account_id
    return LedgerSeal.objects.create(
        id=new_id("lseal"),
        account_id=house,
        created_at=now,
        number=header.number,
        after_posting=state.sealed_until,
        last_posting=postings[-1].id,
        posting_count=header.count,
        root=header.root,
        previous_hash=header.previous,
        hash=seal_hash(header),
    )


def root_of(postings: Sequence[PostingRow]) -> str:
    """Return the Merkle root of postings, in hex; one without a leaf counts as an empty one."""
    return merkle.root(
        [merkle.leaf_hash(leaves.to_bytes(row.leaf) if row.leaf else b"") for row in postings]
    ).hex()
