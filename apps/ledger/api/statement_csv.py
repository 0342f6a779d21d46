"""A statement as CSV: a line for the opening balance, one for each entry, one for the closing."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Final

from apps.core.money import Money
from apps.ledger.domain import Side
from apps.ledger.domain.canonical import instant_text
from apps.ledger.domain.spreadsheet import inert, to_csv
from apps.ledger.queries import Entry, Statement

LINES_AT_ONCE: Final = 500
HEADER: Final = (
    *("type", "effective_at", "recorded_at", "entry", "transaction", "reference", "currency"),
    *("debit", "credit", "balance", "debit_minor", "credit_minor", "balance_minor"),
)


def chunks(statement: Statement) -> Iterator[bytes]:
    """Yield the file, some hundred lines at a time."""
    currency = statement.account.currency
    opening = ("opening", instant_text(statement.starts_at), *("",) * 4, currency)
    yield to_csv([HEADER, (*opening, *_amounts(None, None, statement.opening))])
    with closing(statement.entries) as entries:
        while some := list(islice(entries, LINES_AT_ONCE)):
            yield to_csv(map(_line, some))
    last = ("closing", instant_text(statement.ends_at), *("",) * 4, currency)
    debited, credited = (
        Money(minor, currency) for minor in (statement.debits_minor, statement.credits_minor)
    )
    yield to_csv([(*last, *_amounts(debited, credited, statement.closing))])


def _line(entry: Entry) -> tuple[object, ...]:
    size = Money(abs(entry.amount_minor), entry.currency)
    return (
        "entry",
        instant_text(entry.effective_at),
        instant_text(entry.created_at),
        entry.id,
        entry.transaction_id,
        inert(entry.reference),
        entry.currency,
        *_amounts(
            size if entry.side is Side.DEBIT else None,
            size if entry.side is Side.CREDIT else None,
            entry.balance,
        ),
    )


def _amounts(debit: Money | None, credit: Money | None, balance: Money) -> tuple[object, ...]:
    """Return three amounts in whole units, and again in minor units; None is an empty cell."""
    three = (debit, credit, balance)
    # An amount of zero is an amount.
    return (
        *(None if one is None else one.major for one in three),
        *(None if one is None else one.minor for one in three),
    )
