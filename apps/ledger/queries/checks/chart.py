"""What holds for the whole book: the equations of the chart, coverage, what is closed."""

from dataclasses import dataclass
from datetime import datetime

from apps.ledger.queries import sums


@dataclass(frozen=True, slots=True)
class Totals:
    """What all accounts in one currency have, in minor units; kinds in the direction they grow."""

    currency: str
    debits: int
    credits: int
    pending_debits: int
    pending_credits: int
    asset: int
    liability: int
    equity: int
    revenue: int
    expense: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What wallets and merchants are owed in one currency, and what there is for it.

    :ivar owed: what merchants, wallets and customers have; one who has less than nothing does not
        make up for another.
    :ivar held: with processors, at the bank, and to come from exchanges.
    """

    currency: str
    owed: int
    held: int

    @property
    def shortfall(self) -> int:
        """Return what is missing."""
        return max(0, self.owed - self.held)


def totals() -> list[Totals]:
    """Return the totals of each currency, of one moment."""
    return [Totals(row[0], *map(int, row[1:])) for row in sums.run(_TOTALS, {}, balance=_BALANCE)]


def coverages() -> list[Coverage]:
    """Return the coverage of each currency in which anything is owed or held."""
    rows = sums.run(_COVERAGE, {}, balance=_BALANCE)
    return [Coverage(currency, int(owed), int(held)) for currency, owed, held in rows]


def closings() -> tuple[datetime | None, datetime | None]:
    """Return before when the book is closed, and the end of the last period that is closed."""
    ((closed_before, ends_at),) = sums.run(_CLOSINGS, {})
    return closed_before, ends_at


_CLOSINGS = """
    SELECT closed_before, (
        SELECT max(ends_at) FROM @schema@.ledger_period WHERE reopened_at IS NULL
    )
    FROM @schema@.ledger_state
"""
_BALANCE = """
    SELECT a.code, a.currency, a.kind, sum(b.debits_minor) AS debits,
        sum(b.credits_minor) AS credits, sum(b.pending_debits_minor) AS pending_debits,
        sum(b.pending_credits_minor) AS pending_credits
    FROM @schema@.ledger_account AS a
    JOIN @schema@.ledger_balance AS b ON b.account_id = a.id
    GROUP BY a.id
"""
_TOTALS = """
    WITH balance AS (@balance@)
    SELECT currency, sum(debits), sum(credits), sum(pending_debits), sum(pending_credits),
        coalesce(sum(debits - credits) FILTER (WHERE kind = 'asset'), 0),
        coalesce(sum(credits - debits) FILTER (WHERE kind = 'liability'), 0),
        coalesce(sum(credits - debits) FILTER (WHERE kind = 'equity'), 0),
        coalesce(sum(credits - debits) FILTER (WHERE kind = 'revenue'), 0),
        coalesce(sum(debits - credits) FILTER (WHERE kind = 'expense'), 0)
    FROM balance GROUP BY currency ORDER BY currency
"""
# `account:acct_1:pending` and `account:acct_1:available` are one merchant's; so are `wallet:wal_1`
# and `wallet:wal_1:held` one wallet's.
_COVERAGE = """
    WITH balance AS (@balance@), owed AS (
        SELECT currency, greatest(sum(credits - debits), 0) AS minor FROM balance
        WHERE code ~ '^(account|wallet|customer):'
        GROUP BY currency, split_part(code, ':', 1), split_part(code, ':', 2)
    ), held AS (
        SELECT currency, CASE WHEN code LIKE 'fx:%%' THEN greatest(debits - credits, 0)
            ELSE debits - credits END AS minor
        FROM balance
        WHERE code ~ '^processor:[^:]+:receivable$' OR code = 'bank:settlement'
            OR code LIKE 'fx:%%'
    ), sides AS (
        SELECT currency, minor AS owed, 0 AS held FROM owed
        UNION ALL SELECT currency, 0, minor FROM held
    )
    SELECT currency, sum(owed), sum(held) FROM sides
    GROUP BY currency HAVING sum(owed) <> 0 OR sum(held) <> 0 ORDER BY currency
"""
