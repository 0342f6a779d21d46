"""Whether balances and snapshots are the sums of entries.

The entries of an account are compared piece by piece: what lies between two snapshots, and what is
not sealed yet. Each comparison is one statement, and so sees one moment, whatever is being posted;
together they say that the balance is the sum of all entries.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from apps.ledger.queries import sums

# Of an interval, and of an account: debits, credits, pending debits, pending credits, entries.
NAMES = ("debits", "credits", "pending_debits", "pending_credits", "entries")
Sums = dict[str, int]


class Interval(NamedTuple):
    """The entries of an account between two snapshots, of which this names the second.

    :ivar ends_at: the cut-off, as PostgreSQL writes it: it has instants for which Python has none.
    :ivar is_last: it is the account's last; what is not sealed comes after it.
    :ivar entries: how many there are, if the snapshots are right.
    """

    account_id: str
    ends_at: str
    is_last: bool
    entries: int


class WrongSums(NamedTuple):
    """Sums that are not those of the entries. `at`: the end of the interval, of a snapshot."""

    code: str
    currency: str
    at: str | None
    said: Sums
    entries: Sums


def next_intervals(*, after: tuple[str, str], limit: int) -> list[Interval]:
    """Return the intervals after the one that (account, ends at) names, in their order.

    An account without snapshots is one interval: nothing of it is sealed, or they are missing.
    """
    account_id, ends_at = after
    place = {"account": account_id, "ends_at": ends_at, "limit": limit}
    rows = sums.run(_NEXT, place, units=_UNITS, before=_BEFORE)
    return [Interval(*row) for row in rows]


def wrong_intervals(*, after: tuple[str, str], until: Interval) -> list[WrongSums]:
    """Return the snapshots that do not add to the one before what lies between them."""
    bounds = {
        "account": after[0],
        "ends_at": after[1],
        "last_account": until.account_id,
        "last_ends_at": until.ends_at,
    }
    rows = sums.run(_INTERVALS, bounds, units=_UNITS, before=_BEFORE)
    return [_wrong_sums(row) for row in rows]


def wrong_balances(account_ids: Sequence[str] | None) -> list[WrongSums]:
    """Return the accounts whose balance rows are not the last snapshot and what is not sealed.

    :param account_ids: None: all, and also balance rows of no account.
    """
    rows = sums.run(_BALANCES, {"accounts": None if account_ids is None else list(account_ids)})
    return [_wrong_sums((code, currency, None, *rest)) for code, currency, *rest in rows]


def wrong_accounts(account_ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (code, currency, what is wrong) of accounts with balance rows of other terms.

    The floor is that of the account and holds; a closed account has taken nothing since.
    """
    rows = sums.run(_ACCOUNTS, {"accounts": list(account_ids)})
    return [(code, currency, fault) for code, currency, fault in rows]


def orphans() -> list[str]:
    """Return the ids of accounts that are not there, and have a balance."""
    return [account_id for (account_id,) in sums.run(_ORPHANS, {})]


def _wrong_sums(row: tuple[Any, ...]) -> WrongSums:
    code, currency, at, said, entries = row
    return WrongSums(code, currency, at, _sums(said), _sums(entries))


def _sums(numbers: Sequence[Any]) -> Sums:
    return dict(zip(NAMES, map(int, numbers), strict=True))


# The intervals of the `chosen` accounts, those after the place in the parameters.
_UNITS = """
    SELECT chosen.id AS account_id, chosen.code, chosen.currency, s.cut_off_at, s.debits_minor,
        s.credits_minor, s.pending_debits_minor, s.pending_credits_minor, s.entry_count
    FROM chosen JOIN @schema@.ledger_snapshot AS s ON s.account_id = chosen.id
    WHERE (chosen.id, s.cut_off_at) > (%(account)s, %(ends_at)s::timestamptz)
    UNION ALL
    SELECT chosen.id, chosen.code, chosen.currency, @schema@.ledger_end_of_time(), 0, 0, 0, 0, 0
    FROM chosen
    WHERE (chosen.id, @schema@.ledger_end_of_time()) > (%(account)s, %(ends_at)s::timestamptz)
        AND NOT EXISTS (
            SELECT FROM @schema@.ledger_snapshot AS s
            WHERE s.account_id = chosen.id AND s.cut_off_at = @schema@.ledger_end_of_time()
        )
"""
_BEFORE = """
    LEFT JOIN LATERAL (
        SELECT * FROM @schema@.ledger_snapshot AS b
        WHERE b.account_id = u.account_id AND b.cut_off_at < u.cut_off_at
        ORDER BY b.cut_off_at DESC LIMIT 1
    ) AS b ON true
"""
_NEXT = """
    WITH chosen AS MATERIALIZED (
        SELECT a.id, a.code, a.currency FROM @schema@.ledger_account AS a
        WHERE a.id >= %(account)s ORDER BY a.id LIMIT %(limit)s
    ), u AS MATERIALIZED (
        SELECT * FROM (@units@) AS unit ORDER BY account_id, cut_off_at LIMIT %(limit)s
    )
    SELECT u.account_id, u.cut_off_at::text, u.cut_off_at = @schema@.ledger_end_of_time(),
        u.entry_count - coalesce(b.entry_count, 0)
    FROM u @before@ ORDER BY u.account_id, u.cut_off_at
"""
_INTERVALS = """
    WITH chosen AS MATERIALIZED (
        SELECT a.id, a.code, a.currency FROM @schema@.ledger_account AS a
        WHERE a.id >= %(account)s AND a.id <= %(last_account)s
    ), u AS MATERIALIZED (
        SELECT * FROM (@units@) AS unit
        WHERE (account_id, cut_off_at) <= (%(last_account)s, %(last_ends_at)s::timestamptz)
    ), compared AS (
        SELECT u.account_id, u.code, u.currency, u.cut_off_at,
            ARRAY[u.debits_minor - coalesce(b.debits_minor, 0),
                u.credits_minor - coalesce(b.credits_minor, 0),
                u.pending_debits_minor - coalesce(b.pending_debits_minor, 0),
                u.pending_credits_minor - coalesce(b.pending_credits_minor, 0),
                u.entry_count - coalesce(b.entry_count, 0)]::numeric[] AS said,
            ARRAY[e.debits, e.credits, e.pending_debits, e.pending_credits, e.entries]::numeric[]
                AS entries
        FROM u @before@
        CROSS JOIN LATERAL (
            SELECT @tally@, count(*) AS entries FROM @schema@.ledger_entry AS e
            WHERE e.account_id = u.account_id
                AND e.effective_at >= coalesce(b.cut_off_at, '-infinity')
                AND e.effective_at < u.cut_off_at
                AND e.posting_id <= (SELECT sealed_until FROM @schema@.ledger_state)
        ) AS e
    )
    SELECT code, currency, cut_off_at::text, said, entries FROM compared
    WHERE said <> entries ORDER BY account_id, cut_off_at
"""
_BALANCES = """
    WITH unsealed AS MATERIALIZED (
        SELECT e.account_id, @tally@, count(*) AS entries
        FROM @schema@.ledger_entry AS e
        WHERE e.posting_id > (SELECT sealed_until FROM @schema@.ledger_state)
            AND e.posting_id <= (SELECT max(id) FROM @schema@.ledger_posting)
            AND (%(accounts)s::text[] IS NULL OR e.account_id = ANY (%(accounts)s::text[]))
        GROUP BY e.account_id
    ), parts AS (
        SELECT account_id, debits, credits, pending_debits, pending_credits, entries FROM unsealed
        UNION ALL
        SELECT s.account_id, s.debits_minor, s.credits_minor, s.pending_debits_minor,
            s.pending_credits_minor, s.entry_count
        FROM @schema@.ledger_snapshot AS s
        WHERE s.cut_off_at = @schema@.ledger_end_of_time()
            AND (%(accounts)s::text[] IS NULL OR s.account_id = ANY (%(accounts)s::text[]))
    ), entries AS (
        SELECT account_id, ARRAY[sum(debits), sum(credits), sum(pending_debits),
            sum(pending_credits), sum(entries)]::numeric[] AS sums
        FROM parts GROUP BY account_id
    ), balance AS (
        SELECT b.account_id, ARRAY[sum(b.debits_minor), sum(b.credits_minor),
            sum(b.pending_debits_minor), sum(b.pending_credits_minor),
            sum(b.entry_count)]::numeric[] AS sums
        FROM @schema@.ledger_balance AS b
        WHERE %(accounts)s::text[] IS NULL OR b.account_id = ANY (%(accounts)s::text[])
        GROUP BY b.account_id
    ), compared AS (
        SELECT coalesce(e.account_id, b.account_id) AS account_id,
            coalesce(b.sums, '{0,0,0,0,0}') AS said, coalesce(e.sums, '{0,0,0,0,0}') AS entries
        FROM entries AS e FULL JOIN balance AS b ON b.account_id = e.account_id
    )
    SELECT coalesce(a.code, c.account_id), coalesce(a.currency, ''), c.said, c.entries
    FROM compared AS c LEFT JOIN @schema@.ledger_account AS a ON a.id = c.account_id
    WHERE c.said <> c.entries ORDER BY a.code, a.currency, c.account_id
"""
_ACCOUNTS = """
    WITH rows AS (
        SELECT a.code, a.currency, a.floor_minor, a.stripes, a.closed_at, b.account_id, b.stripe,
            b.floor_minor AS row_floor, b.normal_side AS row_side, b.closed_at_count, b.entry_count,
            CASE WHEN a.floor_minor IS NULL THEN NULL
                WHEN a.kind IN ('asset', 'expense') THEN 'debit' ELSE 'credit' END AS side,
            CASE WHEN a.kind IN ('asset', 'expense')
                THEN b.debits_minor - b.credits_minor - b.pending_credits_minor
                ELSE b.credits_minor - b.debits_minor - b.pending_debits_minor
            END AS available,
            count(b.account_id) OVER (PARTITION BY a.id) AS row_count
        FROM @schema@.ledger_account AS a
        LEFT JOIN @schema@.ledger_balance AS b ON b.account_id = a.id
        WHERE a.id = ANY (%(accounts)s::text[])
    ), faults AS (
        SELECT DISTINCT code, currency, CASE
            WHEN stripe >= stripes THEN 'it has more balance rows than stripes'
            WHEN floor_minor IS NOT NULL AND row_count = 0 THEN 'its balance row is missing'
            WHEN account_id IS NOT NULL
                AND (row_floor IS DISTINCT FROM floor_minor OR row_side IS DISTINCT FROM side)
                THEN 'its balance row has another floor'
            WHEN available < floor_minor THEN 'it is below its floor'
            WHEN closed_at IS NOT NULL AND row_count < stripes
                THEN 'it is closed, and balance rows are missing'
            WHEN closed_at IS NOT NULL AND closed_at_count IS DISTINCT FROM entry_count
                THEN 'it has entries that came after it was closed'
            WHEN closed_at IS NULL AND closed_at_count IS NOT NULL
                THEN 'its balance row is closed, and it is not'
            END AS fault
        FROM rows
    )
    SELECT code, currency, fault FROM faults WHERE fault IS NOT NULL ORDER BY 1, 2, 3
"""
_ORPHANS = """
    SELECT DISTINCT b.account_id FROM @schema@.ledger_balance AS b
    WHERE NOT EXISTS (SELECT FROM @schema@.ledger_account AS a WHERE a.id = b.account_id)
        AND (b.debits_minor, b.credits_minor, b.pending_debits_minor, b.pending_credits_minor,
            b.entry_count) IS DISTINCT FROM (0, 0, 0, 0, 0)
    ORDER BY 1 LIMIT 20
"""
