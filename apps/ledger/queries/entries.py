"""Entries, with the balance of their account after each."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django_tenants.utils import quote_schema_name

from apps.core.money import Money
from apps.ledger.domain import Side
from apps.ledger.queries.balances import in_direction


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting, for people.

    :ivar amount_minor: in the direction in which the account grows: it is more by this much.
    :ivar balance_minor: what the account had after it (posted entries alone), in its direction.
    """

    id: str
    transaction_id: str
    code: str
    side: Side
    layer: str
    amount_minor: int
    currency: str
    balance_minor: int

    @property
    def money(self) -> Money:
        """Return the amount."""
        return Money(self.amount_minor, self.currency)

    @property
    def balance(self) -> Money:
        """Return the balance after it."""
        return Money(self.balance_minor, self.currency)


def list_entries(transaction_ids: Collection[str]) -> list[Entry]:
    """Return the entries of transactions, with the balance of the account after each.

    In the order of the transactions as they were posted, and of the entries within each.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES.replace("@schema@", schema), [list(transaction_ids)])
        return [
            Entry(
                id=entry_id,
                transaction_id=transaction_id,
                code=code,
                side=Side(side),
                layer=layer,
                amount_minor=in_direction(kind, amount),
                currency=currency,
                balance_minor=in_direction(kind, int(balance)),
            )
            for (
                entry_id,
                transaction_id,
                code,
                kind,
                side,
                layer,
                amount,
                currency,
                balance,
            ) in cursor.fetchall()
        ]


_ENTRIES = """
    SELECT e.id, e.transaction_id, a.code, a.kind, e.side, e.layer, e.amount_minor, e.currency,
        (
            SELECT coalesce(sum(earlier.amount_minor), 0)
            FROM @schema@.ledger_entry AS earlier
            WHERE earlier.account_id = e.account_id
                AND earlier.layer = 'posted'
                AND earlier.posting_id <= e.posting_id
        )
    FROM @schema@.ledger_entry AS e
    JOIN @schema@.ledger_account AS a ON a.id = e.account_id
    WHERE e.transaction_id = ANY (%s)
    ORDER BY e.posting_id, e.id
"""
