"""What accounts had at the end of each of some days."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta

from apps.core.money import Money
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import sums
from apps.ledger.queries.balances import in_direction

# Each may have to read what lies between two snapshots.
POINTS_MAX = 400

Days = list[tuple[date, Money]]


def daily_balances(
    accounts: Collection[LedgerAccount], *, last: date, count: int
) -> dict[str, Days]:
    """Return the balances at the ends of `count` days in UTC, `last` among them; one statement.

    :returns: by the id of the account: the days in order, with what was posted and effective by
        their end, in the direction of the account.
    """
    assert len(accounts) * count <= POINTS_MAX, "A chart has a bounded number of points."
    days = [last - timedelta(days=ago) for ago in reversed(range(count))]
    wanted = {"accounts": [one.pk for one in accounts], "ends": _ends(days)}
    found: dict[str, Days] = {one.pk: [] for one in accounts}
    by_id = {one.pk: one for one in accounts}
    for account_id, number, debit_minor in sums.run(_DAILY, wanted):
        account = by_id[account_id]
        minor = in_direction(account.kind, int(debit_minor))
        found[account_id].append((days[number - 1], Money(minor, account.currency)))
    return found


def _ends(days: Sequence[date]) -> list[datetime]:
    return [datetime.combine(day, time.min, tzinfo=UTC) + timedelta(days=1) for day in days]


# What an account has at the end of a day is what it had the day before, and what came in between.
# Adding up begins anew (`is_start`) on the first day, and wherever a snapshot lies in between: so
# no entry is read twice, and none where a snapshot is nearer.
_DAILY = """
    WITH points AS (
        SELECT a.id AS account_id, d.number, d.ends_at,
            lag(d.ends_at) OVER (PARTITION BY a.id ORDER BY d.number) AS last_at,
            row_number() OVER (ORDER BY a.id, d.number) AS place
        FROM unnest(%(accounts)s::text[]) AS a (id)
        CROSS JOIN unnest(%(ends)s::timestamptz[]) WITH ORDINALITY AS d (ends_at, number)
    ), started AS MATERIALIZED (
        SELECT points.*, last_at IS NULL OR EXISTS (
            SELECT FROM @schema@.ledger_snapshot AS s
            WHERE s.account_id = points.account_id
                AND s.cut_off_at > points.last_at AND s.cut_off_at <= points.ends_at
        ) AS is_start
        FROM points
    ), wanted AS (
        SELECT place, account_id, ends_at AS before_at, 0::bigint AS before_id
        FROM started WHERE is_start
    ), @sums@, moved AS (
        SELECT p.account_id, p.number, coalesce(sums.debits - sums.credits, gap.minor) AS minor,
            count(*) FILTER (WHERE p.is_start) OVER (
                PARTITION BY p.account_id ORDER BY p.number
            ) AS run
        FROM started AS p
        LEFT JOIN sums ON sums.place = p.place
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(e.amount_minor), 0) AS minor
            FROM @schema@.ledger_entry AS e
            WHERE e.account_id = p.account_id AND e.layer = 'posted'
                AND e.effective_at >= p.last_at AND e.effective_at < p.ends_at
        ) AS gap ON NOT p.is_start
    )
    SELECT account_id, number, sum(minor) OVER (
        PARTITION BY account_id, run ORDER BY number
    )
    FROM moved ORDER BY account_id, number
"""
