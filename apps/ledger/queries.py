"""Reads of the ledger of the current environment."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject
from django_tenants.utils import quote_schema_name

from apps.core.money import Money
from apps.ledger.domain import Kind, Side, normal_side
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerTransaction


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


def balances(codes: Collection[str]) -> dict[tuple[str, str], int]:
    """Return what the accounts with these codes have, by (code, currency).

    In minor units, in the direction in which each account grows. Accounts that nobody has opened
    are left out.
    """
    rows = LedgerAccount.objects.filter(code__in=codes).values_list(
        "code", "currency", "kind", Sum("balances__debits_minor"), Sum("balances__credits_minor")
    )
    return {
        (code, currency): _in_direction(kind, int(debited or 0) - int(credited or 0))
        for code, currency, kind, debited, credited in rows
    }


def balances_by_code(codes: Collection[str], *, currency: str) -> dict[str, int]:
    """Return what the accounts have in one currency, by code, in minor units; 0 if not opened."""
    found = balances(codes)
    return {code: found.get((code, currency), 0) for code in codes}


def list_transactions(*, metadata: dict[str, str] | None = None) -> QuerySet[LedgerTransaction]:
    """Return the transactions made for the current account.

    :param metadata: only those whose metadata says this (`{"source": "ch_…", "type": "charge"}`).
    """
    found = LedgerTransaction.objects.owned()
    for name, value in (metadata or {}).items():
        # As text, as the index on `source` has it.
        found = found.alias(**{f"metadata_{name}": KT(f"metadata__{name}")}).filter(
            **{f"metadata_{name}": value}
        )
    return found


def list_transactions_of(sources: Collection[str]) -> QuerySet[LedgerTransaction]:
    """Return the transactions that these objects of the current account caused, in order."""
    found = LedgerTransaction.objects.owned().alias(source=KT("metadata__source"))
    return found.filter(source__in=list(sources)).order_by("id")


def journal(transaction_id: str | Combinable) -> Subquery:
    """Return an expression for a transaction as JSON, to annotate what knows its id.

    `{"metadata": {…}, "postings": [{"debit": code, "credit": code, "minor": 100}, …]}`

    :param transaction_id: a field of the annotated rows, or an expression of `OuterRef`s to them.
    """
    outer = OuterRef(transaction_id) if isinstance(transaction_id, str) else transaction_id
    postings = (
        LedgerPosting.objects.filter(transaction=OuterRef("pk"))
        .order_by("position")
        .values(moved=JSONObject(debit="debit__code", credit="credit__code", minor="amount_minor"))
    )
    return Subquery(
        LedgerTransaction.objects.filter(pk=outer).values(
            whole=JSONObject(metadata="metadata", postings=ArraySubquery(postings))
        )
    )


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
                amount_minor=_in_direction(kind, amount),
                currency=currency,
                balance_minor=_in_direction(kind, int(balance)),
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


def _in_direction(kind: str, debit_minor: int) -> int:
    """Turn an amount that is positive on the debit side into the direction of the account."""
    return debit_minor if normal_side(Kind(kind)) is Side.DEBIT else -debit_minor


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
