"""What accounts had at the end of each of some days."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta

from apps.core.money import Money
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import sums
from apps.ledger.queries.balances import in_direction

# Each day of each account may have to read what lies between two snapshots.
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


_DAILY = """
    WITH points AS (
        SELECT a.id AS account_id, d.number, d.ends_at,
            row_number() OVER (ORDER BY a.id, d.number) AS place
        FROM unnest(%(accounts)s::text[]) AS a (id)
        CROSS JOIN unnest(%(ends)s::timestamptz[]) WITH ORDINALITY AS d (ends_at, number)
    ), wanted AS (
        SELECT place, account_id, ends_at AS before_at, 0::bigint AS before_id FROM points
    ), @sums@
    SELECT points.account_id, points.number, sums.debits - sums.credits
    FROM points JOIN sums USING (place) ORDER BY points.place
"""
