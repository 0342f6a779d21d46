"""Whether balances are what their entries say."""

from dataclasses import dataclass

from django.db import connection
from django_tenants.utils import quote_schema_name


@dataclass(frozen=True, slots=True)
class Drift:
    """An account whose balance rows are not the sum of its entries: something bypassed the guards.

    Both sums are (debits, credits, pending debits, pending credits, number of entries).
    """

    account_id: str
    code: str
    currency: str
    balance: tuple[int, ...]
    entries: tuple[int, ...]


def check_drift() -> list[Drift]:
    """Return the accounts whose balance is not the sum of their entries: none, or all is lost.

    One statement, so it sees one moment, whatever is being posted meanwhile.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(_DRIFT.replace("@schema@", schema))
        return [
            Drift(
                account_id=account_id,
                code=code,
                currency=currency,
                balance=tuple(map(int, balance)),
                entries=tuple(map(int, entries)),
            )
            for account_id, code, currency, balance, entries in cursor.fetchall()
        ]


_DRIFT = """
    WITH entries AS (
        SELECT account_id,
            sum(amount_minor) FILTER (WHERE side = 'debit' AND layer = 'posted') AS debits,
            -sum(amount_minor) FILTER (WHERE side = 'credit' AND layer = 'posted') AS credits,
            sum(amount_minor) FILTER (WHERE side = 'debit' AND layer <> 'posted') AS p_debits,
            -sum(amount_minor) FILTER (WHERE side = 'credit' AND layer <> 'posted') AS p_credits,
            count(*) AS entries
        FROM @schema@.ledger_entry GROUP BY account_id
    ), balance AS (
        SELECT account_id,
            sum(debits_minor) AS debits, sum(credits_minor) AS credits,
            sum(pending_debits_minor) AS p_debits, sum(pending_credits_minor) AS p_credits,
            sum(entry_count) AS entries
        FROM @schema@.ledger_balance GROUP BY account_id
    ), compared AS (
        SELECT coalesce(e.account_id, b.account_id) AS account_id,
            ARRAY[coalesce(b.debits, 0), coalesce(b.credits, 0), coalesce(b.p_debits, 0),
                  coalesce(b.p_credits, 0), coalesce(b.entries, 0)] AS balance,
            ARRAY[coalesce(e.debits, 0), coalesce(e.credits, 0), coalesce(e.p_debits, 0),
                  coalesce(e.p_credits, 0), coalesce(e.entries, 0)] AS entries
        FROM entries AS e FULL JOIN balance AS b ON b.account_id = e.account_id
    )
    SELECT c.account_id, coalesce(a.code, ''), coalesce(a.currency, ''), c.balance, c.entries
    FROM compared AS c LEFT JOIN @schema@.ledger_account AS a ON a.id = c.account_id
    WHERE c.balance <> c.entries ORDER BY a.code, a.currency
"""
