"""Entries, with the balance of their account after each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core import context
from apps.core.errors import not_found
from apps.core.money import Money
from apps.ledger.domain import Layer, Side
from apps.ledger.models import LedgerAccount, LedgerEntry
from apps.ledger.queries import sums
from apps.ledger.queries.balances import in_direction
from apps.ledger.queries.links import transaction_of_entry


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting, for people.

    :ivar account_id: the ledger account's; `code` is its code.
    :ivar amount_minor: in the direction in which the account grows: it is more by this much.
    :ivar balance_minor: what the account had after it (posted entries alone), in its direction.
    :ivar created_at: when it was recorded.
    """

    id: str
    transaction_id: str
    reference: str
    account_id: str
    code: str
    side: Side
    layer: Layer
    amount_minor: int
    currency: str
    balance_minor: int
    effective_at: datetime
    created_at: datetime

    @property
    def money(self) -> Money:
        """Return the amount."""
        return Money(self.amount_minor, self.currency)

    @property
    def balance(self) -> Money:
        """Return the balance after it."""
        return Money(self.balance_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is in the order of its account's entries."""

    effective_at: datetime
    posting_id: int


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of an account are wanted; None: all.

    :ivar starts_at: effective then or later; `ends_at`: effective before.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    layer: str | None = None
    transaction_id: str | None = None


def list_entries(transaction_ids: Collection[str]) -> list[Entry]:
    """Return the entries of transactions, with the balance of the account after each.

    In the order of the transactions as they were posted, and of the entries within each.
    """
    found = _read("e.transaction_id = ANY (%(ids)s)", {"ids": list(transaction_ids)})
    return [entry for _, entry in sorted(found, key=lambda row: (row[0], row[1].id))]


def find_entries(ids: Iterable[str]) -> dict[str, Entry]:
    """Return the entries with these ids whose accounts are of the current account, by id."""
    wanted = list(ids)
    parameters = {
        "ids": wanted,
        "transactions": [transaction_of_entry(one) for one in wanted],
        "owner": context.current().account_id,
    }
    return {entry.id: entry for _, entry in _read(_FOUND, parameters)}


def get_entry(entry_id: str) -> Entry:
    """Return an entry of an account of the current account.

    :raises NotFound: there is none with this id.
    """
    found = find_entries([entry_id])
    if entry_id not in found:
        raise not_found("ledger entry", entry_id)
    return found[entry_id]


def find_place(account: LedgerAccount, entry_id: str) -> Place | None:
    """Return where the entry is among those of `account`; None: it is not one of them."""
    row = (
        LedgerEntry.objects.filter(
            pk=entry_id, transaction=transaction_of_entry(entry_id), account=account
        )
        .values_list("effective_at", "posting_id")
        .first()
    )
    return row and Place(*row)


def list_account_entries(
    account: LedgerAccount,
    *,
    wanted: EntryFilter,
    limit: int,
    after: Place | None = None,
    before: Place | None = None,
) -> list[Entry]:
    """Return entries of `account`, the latest first, with its balance after each; one statement.

    :param after: begin with those that are earlier than this place.
    :param before: take those that are the next later than this place instead.
    """
    given = {name: getattr(wanted, name) for name in _FILTERS}
    parameters: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    conditions = ["e.account_id = %(account)s", *(_FILTERS[name] for name in parameters)]
    parameters |= {"account": account.pk, "limit": limit}
    place = before or after
    if place is not None:
        sign = ">" if before else "<"
        conditions.append(f"(e.effective_at, e.posting_id) {sign} (%(place_at)s, %(place_id)s)")
        parameters |= {"place_at": place.effective_at, "place_id": place.posting_id}
    direction = "ASC" if before else "DESC"
    found = _read(
        " AND ".join(conditions)
        + f" ORDER BY e.effective_at {direction}, e.posting_id {direction} LIMIT %(limit)s",
        parameters,
    )
    newest_first = sorted(found, key=lambda row: (row[1].effective_at, row[0]), reverse=True)
    return [entry for _, entry in newest_first]


def _read(condition: str, parameters: dict[str, Any]) -> list[tuple[int, Entry]]:
    """Return the entries `e` of `condition`, each with the id of its posting, in no order."""
    rows = sums.run(_WITH_BALANCES, parameters, condition=condition, columns=COLUMNS)
    return [(row[0], entry_of(row[2:], balance=row[1])) for row in rows]


def entry_of(row: Sequence[Any], *, balance: int) -> Entry:
    """Return the entry of a row of `COLUMNS`.

    :param balance: of its account after it, positive on the debit side.
    """
    entry_id, transaction_id, reference, account_id, code, kind, side, layer, amount, *rest = row
    currency, effective_at, created_at = rest
    return Entry(
        id=entry_id,
        transaction_id=transaction_id,
        reference=reference,
        account_id=account_id,
        code=code,
        side=Side(side),
        layer=Layer(layer),
        amount_minor=in_direction(kind, amount),
        currency=currency,
        balance_minor=in_direction(kind, int(balance)),
        effective_at=effective_at,
        created_at=created_at,
    )


# What `entry_of` takes, of an entry `e`, its account `a` and its transaction `t`.
COLUMNS = """e.id, e.transaction_id, t.reference, e.account_id, a.code, a.kind, e.side, e.layer,
        e.amount_minor, e.currency, e.effective_at, t.created_at"""
# What an `EntryFilter` means, by its fields.
_FILTERS = {
    "starts_at": "e.effective_at >= %(starts_at)s",
    "ends_at": "e.effective_at < %(ends_at)s",
    "layer": "e.layer = %(layer)s",
    "transaction_id": "e.transaction_id = %(transaction_id)s",
}
_FOUND = """e.id = ANY (%(ids)s) AND e.transaction_id = ANY (%(transactions)s)
            AND e.account_id IN (
                SELECT a.id FROM @schema@.ledger_account AS a WHERE a.account_id = %(owner)s
            )"""
# The balance after an entry is the one after the entry of the page before it, and what came in
# between. Adding up begins anew (`is_start`) with the first entry of each account, and wherever a
# snapshot is nearer than the entry before: so a page of a few entries far apart costs no more than
# one of neighbours.
_WITH_BALANCES = """
    WITH page AS MATERIALIZED (
        SELECT e.id, e.posting_id, e.transaction_id, e.account_id, e.side, e.amount_minor,
            e.currency, e.layer, e.effective_at
        FROM @schema@.ledger_entry AS e
        WHERE @condition@
    ), placed AS (
        SELECT page.*, lag(effective_at) OVER earlier AS last_at,
            lag(posting_id) OVER earlier AS last_id
        FROM page WINDOW earlier AS (PARTITION BY account_id ORDER BY effective_at, posting_id)
    ), started AS MATERIALIZED (
        SELECT placed.*, last_at IS NULL OR EXISTS (
            SELECT FROM @schema@.ledger_snapshot AS s
            WHERE s.account_id = placed.account_id
                AND s.cut_off_at > placed.last_at AND s.cut_off_at <= placed.effective_at
        ) AS is_start
        FROM placed
    ), wanted AS (
        SELECT id AS place, account_id, effective_at AS before_at, posting_id + 1 AS before_id
        FROM started WHERE is_start
    ), @sums@, moved AS (
        SELECT e.*, coalesce(sums.debits - sums.credits, gap.minor) AS minor,
            count(*) FILTER (WHERE is_start) OVER (
                PARTITION BY e.account_id ORDER BY e.effective_at, e.posting_id
            ) AS run
        FROM started AS e
        LEFT JOIN sums ON sums.place = e.id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(step.amount_minor), 0) AS minor
            FROM @schema@.ledger_entry AS step
            WHERE step.account_id = e.account_id AND step.layer = 'posted'
                AND (step.effective_at, step.posting_id) > (e.last_at, e.last_id)
                AND (step.effective_at, step.posting_id) <= (e.effective_at, e.posting_id)
        ) AS gap ON NOT e.is_start
    )
    SELECT e.posting_id, sum(e.minor) OVER (
            PARTITION BY e.account_id, e.run ORDER BY e.effective_at, e.posting_id
        ), @columns@
    FROM moved AS e
    JOIN @schema@.ledger_account AS a ON a.id = e.account_id
    JOIN @schema@.ledger_transaction AS t ON t.id = e.transaction_id
"""
