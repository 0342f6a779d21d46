"""Balances at any time: by when entries are effective, by when they were recorded, by both."""

from datetime import datetime, timedelta
from typing import Any

from apps.ledger.domain import Balance
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import sums

SECOND = timedelta(seconds=1)


def balance_at(
    account: LedgerAccount, *, at: datetime | None = None, known_at: datetime | None = None
) -> Balance:
    """Return what `account` had, in one statement.

    An instant is its whole second, as the wire shows it: what is effective before the next one.

    :param at: of what is effective until then; None: of all that is recorded, also of what takes
        effect later.
    :param known_at: of what was recorded until then.
    """
    if at is None and known_at is None:
        rows = sums.run(_NOW, {"account": account.pk})
    else:
        wanted = {"account": account.pk, **bounds(at=at, known_at=known_at)}
        rows = sums.run(_AT, wanted, as_known="" if known_at is None else sums.AS_KNOWN)
    debited, credited, pending_debited, pending_credited = map(int, rows[0])
    return Balance(
        account_id=account.pk,
        currency=account.currency,
        side=account.normal_side,
        debits_minor=debited,
        credits_minor=credited,
        pending_debits_minor=pending_debited,
        pending_credits_minor=pending_credited,
        at=at,
        known_at=known_at,
    )


def end_of(instant: datetime) -> datetime:
    """Return the end of the second that `instant` names."""
    return instant + SECOND


def bounds(*, at: datetime | None, known_at: datetime | None) -> dict[str, Any]:
    """Return the ends of the seconds, and the earlier of the two, as parameters of a query.

    One of them is given.
    """
    ends = [end_of(instant) for instant in (at, known_at) if instant is not None]
    return {
        "before_at": min(ends),
        "at_end": "infinity" if at is None else end_of(at),
        "known_end": None if known_at is None else end_of(known_at),
    }


_NOW = """
    SELECT coalesce(sum(debits_minor), 0), coalesce(sum(credits_minor), 0),
        coalesce(sum(pending_debits_minor), 0), coalesce(sum(pending_credits_minor), 0)
    FROM @schema@.ledger_balance WHERE account_id = %(account)s
"""
_AT = """
    WITH wanted AS (
        SELECT 'at' AS place, %(account)s AS account_id, %(before_at)s::timestamptz AS before_at,
            0::bigint AS before_id
    ), @sums@
    SELECT debits, credits, pending_debits, pending_credits FROM sums
"""
