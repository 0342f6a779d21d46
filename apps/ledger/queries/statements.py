"""Statements: what an account had before a period, what moved it, and what it had at the end.

One is read in one statement of SQL: all of it is of one moment, however many entries it has.
"""

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.core.money import Money
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import sums
from apps.ledger.queries.balances import in_direction
from apps.ledger.queries.entries import COLUMNS, Entry, Place, entry_of
from apps.ledger.queries.time_travel import end_of

# Rows that the server sends at a time.
BATCH = 2_000
# Every row begins with so many columns of balances, which are the same in all.
_BALANCES = 5
Row = tuple[Any, ...]


class StatementDrift(Exception):
    """The entries do not lead from the opening to the closing balance: the book does not add up."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened to an account in a period. Amounts are of posted entries.

    :ivar opening_minor: the balance before it, in the direction of the account.
    :ivar closing_minor: the balance at its end; `debits_minor`, `credits_minor`: what moved it.
    :ivar entries: in their order, each with the balance after it; to be read once, to its end.
        Raises StatementDrift where they do not lead to the closing balance.
    """

    account: LedgerAccount
    starts_at: datetime
    ends_at: datetime
    opening_minor: int
    closing_minor: int
    debits_minor: int
    credits_minor: int
    entries: Generator[Entry]

    @property
    def opening(self) -> Money:
        """Return the balance before the period."""
        return Money(self.opening_minor, self.account.currency)

    @property
    def closing(self) -> Money:
        """Return the balance at its end."""
        return Money(self.closing_minor, self.account.currency)


def read_statement(
    account: LedgerAccount,
    *,
    starts_at: datetime,
    ends_at: datetime,
    after: Place | None = None,
    limit: int | None = None,
) -> Statement:
    """Return the statement from the instant `starts_at` to the end of the second `ends_at`.

    :param after: the entries begin after this place, one of the period; the balances stay.
    :param limit: at most so many entries; None: all, of which never more than a batch is held.
    """
    rows = _rows(account, starts_at=starts_at, ends_at=ends_at, after=after, limit=limit)
    # There is always a first row: it has the balances, also where there is no entry.
    first = next(rows)
    opening_debits, opening_credits, closing_debits, closing_credits, carried = map(
        int, first[:_BALANCES]
    )
    return Statement(
        account=account,
        starts_at=starts_at,
        ends_at=ends_at,
        opening_minor=in_direction(account.kind, opening_debits - opening_credits),
        closing_minor=in_direction(account.kind, closing_debits - closing_credits),
        debits_minor=closing_debits - opening_debits,
        credits_minor=closing_credits - opening_credits,
        entries=_entries(
            first, rows, carried=carried, closing=closing_debits - closing_credits, limit=limit
        ),
    )


def _entries(
    first: Row, rows: Generator[Row], *, carried: int, closing: int, limit: int | None
) -> Generator[Entry]:
    """Yield the entries of the rows, adding up from `carried`, positive on the debit side.

    :param closing: what all of them come to, unless there are as many as the limit.
    """
    balance, count = carried, 0
    with contextlib.closing(rows):
        row: Row | None = first
        while row is not None and row[_BALANCES] is not None:
            _, moved, *columns = row[_BALANCES:]
            balance += moved
            count += 1
            yield entry_of(columns, balance=balance)
            row = next(rows, None)
    if count != limit and balance != closing:
        raise StatementDrift(f"The entries come to {balance} minor units, not {closing}.")


def _rows(
    account: LedgerAccount,
    *,
    starts_at: datetime,
    ends_at: datetime,
    after: Place | None,
    limit: int | None,
) -> Generator[Row]:
    begins = after or Place(starts_at, 0)
    parameters: dict[str, datetime | str | int | None] = {
        "account": account.pk,
        "starts_at": starts_at,
        "ends_at": end_of(ends_at),
        "from_at": begins.effective_at,
        "from_id": begins.posting_id,
        "limit": limit,
    }
    # The rows of all entries stay with the server until they are asked for. Outside a transaction
    # it keeps them without one: nothing is held up by a client that reads slowly.
    with connection.chunked_cursor() if limit is None else connection.cursor() as cursor:
        cursor.execute(sums.compose(_STATEMENT, columns=COLUMNS), parameters)
        while batch := cursor.fetchmany(BATCH):
            yield from batch


_STATEMENT = """
    WITH wanted AS (
        SELECT place, %(account)s AS account_id, before_at, before_id
        FROM (VALUES
            ('opening', %(starts_at)s::timestamptz, 0::bigint),
            ('closing', %(ends_at)s::timestamptz, 0::bigint),
            ('carried', %(from_at)s::timestamptz, %(from_id)s::bigint + 1)
        ) AS places (place, before_at, before_id)
    ), @sums@, totals AS (
        SELECT max(debits) FILTER (WHERE place = 'opening') AS opening_debits,
            max(credits) FILTER (WHERE place = 'opening') AS opening_credits,
            max(debits) FILTER (WHERE place = 'closing') AS closing_debits,
            max(credits) FILTER (WHERE place = 'closing') AS closing_credits,
            max(debits - credits) FILTER (WHERE place = 'carried') AS carried
        FROM sums
    )
    SELECT totals.*, e.* FROM totals LEFT JOIN LATERAL (
        SELECT e.posting_id, e.amount_minor AS moved, @columns@
        FROM @schema@.ledger_entry AS e
        JOIN @schema@.ledger_account AS a ON a.id = e.account_id
        JOIN @schema@.ledger_transaction AS t ON t.id = e.transaction_id
        WHERE e.account_id = %(account)s AND e.layer = 'posted'
            AND (e.effective_at, e.posting_id) > (%(from_at)s::timestamptz, %(from_id)s)
            AND e.effective_at < %(ends_at)s
        ORDER BY e.effective_at, e.posting_id LIMIT %(limit)s
    ) AS e ON true
    ORDER BY e.effective_at, e.posting_id
"""
