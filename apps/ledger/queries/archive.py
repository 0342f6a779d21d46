"""What an export has, in pieces: each is one short query, by key, and no cursor stays open.

The records are those of `domain.records`. Postings that are sealed never change, nor do the
transactions that they are of; the accounts and periods are those that there were when the export
was made, with the names and metadata of today.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from apps.ledger.domain.canonical import instant_text
from apps.ledger.domain.records import Record
from apps.ledger.models import LedgerAccount, LedgerPeriod, LedgerSeal
from apps.ledger.queries import sums

PAGE = 500
# Of postings. The transactions that begin among them are read whole: the last ones may go on
# behind, each for as many postings as it has.
SPAN = 1_000
M = TypeVar("M", bound=Model)


def list_account_records(*, until: datetime) -> Iterator[Record]:
    """Yield the accounts that were there at `until`; one that was closed later is open."""
    for account in _each(LedgerAccount.objects.filter(created_at__lte=until)):
        yield {
            "id": account.id,
            "account": account.account_id,
            "code": account.code,
            "currency": account.currency,
            "kind": account.kind,
            "name": account.name,
            "floor": account.floor_minor,
            "stripes": account.stripes,
            "created_at": instant_text(account.created_at),
            "closed_at": _happened(account.closed_at, until=until),
            "metadata": account.metadata,
        }


def list_period_records(*, until: datetime) -> Iterator[Record]:
    """Yield the periods that were closed by `until`; one that was opened again later is closed."""
    for period in _each(LedgerPeriod.objects.filter(created_at__lte=until)):
        reopened_at = _happened(period.reopened_at, until=until)
        yield {
            "id": period.id,
            "account": period.account_id,
            "created_at": instant_text(period.created_at),
            "starts_at": period.starts_at and instant_text(period.starts_at),
            "ends_at": instant_text(period.ends_at),
            "closed_by": period.closed_by,
            "reopened_at": reopened_at,
            "reopened_by": period.reopened_by if reopened_at else "",
            "reopen_reason": period.reopen_reason if reopened_at else "",
            "metadata": period.metadata,
        }


def list_seal_records(*, until_seal: int) -> Iterator[Record]:
    """Yield the seals up to this number, in their order."""
    for seal in _each(LedgerSeal.objects.filter(number__lte=until_seal), key="number", start=0):
        yield {
            "id": seal.id,
            "account": seal.account_id,
            "created_at": instant_text(seal.created_at),
            "number": seal.number,
            "after_posting": seal.after_posting,
            "last_posting": seal.last_posting,
            "posting_count": seal.posting_count,
            "root": seal.root,
            "previous_hash": seal.previous_hash,
            "hash": seal.hash,
            "metadata": seal.metadata,
        }


def list_transaction_records(*, until_posting: int) -> Iterator[list[Record]]:
    """Yield the transactions up to this posting, page by page, in the order of first postings.

    Two that were posted at the same time may have postings in turns; each comes whole. One that
    resolves or reverses another comes after it.
    """
    after = 0
    while True:
        bounds: dict[str, Any] = {"after": after, "until": until_posting, "size": SPAN}
        ((last,),) = sums.run(_SPAN, bounds)
        if last is None:
            return
        rows = sums.run(_TRANSACTIONS, bounds | {"last": last})
        yield [_transaction(row) for row in rows]
        after = last


def currencies(ids: Collection[str]) -> dict[str, str]:
    """Return the currencies of the accounts of the book with these ids, by id."""
    if not ids:
        return {}
    return dict(LedgerAccount.objects.filter(pk__in=ids).values_list("id", "currency"))


def wrong_links(ids: list[str]) -> list[tuple[str, str]]:
    """Return which of these transactions resolve or reverse what they cannot, and how.

    What `ledger_post` refuses, seen afterwards: a resolution releases all that was pending and
    posts no more, between the same accounts; a reversal posts the opposite.
    """
    return (
        [(str(id_), str(how)) for id_, how in sums.run(_WRONG_LINKS, {"ids": ids})] if ids else []
    )


def _transaction(row: tuple[Any, ...]) -> Record:
    record = dict(zip(_COLUMNS, row, strict=True))
    for name in ("created_at", "effective_at", "expires_at"):
        record[name] = record[name] and instant_text(record[name])
    return record


def _happened(at: datetime | None, *, until: datetime) -> str | None:
    return instant_text(at) if at is not None and at <= until else None


def _each(rows: QuerySet[M], *, key: str = "pk", start: Any = "") -> Iterator[M]:
    """Yield `rows` in the order of `key`, read page by page."""
    last = start
    while page := list(rows.filter(**{f"{key}__gt": last}).order_by(key)[:PAGE]):
        yield from page
        last = getattr(page[-1], key)


_COLUMNS = (
    *("id", "account", "reference", "fingerprint", "created_at", "effective_at", "expires_at"),
    *("resolves", "reverses", "source_id", "details", "metadata", "postings"),
)
_SPAN = """
    SELECT max(id) FROM (
        SELECT p.id FROM @schema@.ledger_posting AS p
        WHERE p.id > %(after)s AND p.id <= %(until)s ORDER BY p.id LIMIT %(size)s
    ) AS span
"""
# `min` tells a transaction that begins in the span from one that goes on in it.
_TRANSACTIONS = """
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT p.transaction_id FROM @schema@.ledger_posting AS p
        WHERE p.id > %(after)s AND p.id <= %(last)s
    ), begun AS (
        SELECT p.transaction_id, min(p.id) AS first_posting, json_agg(
            json_build_object(
                'id', p.id, 'position', p.position, 'debit', p.debit_id, 'credit', p.credit_id,
                'amount', p.amount_minor, 'currency', p.currency, 'layer', p.layer,
                'debit_line', p.debit_line, 'credit_line', p.credit_line
            ) ORDER BY p.id
        ) AS postings
        FROM touched JOIN @schema@.ledger_posting AS p USING (transaction_id)
        GROUP BY p.transaction_id HAVING min(p.id) > %(after)s
    )
    SELECT t.id, t.account_id, t.reference, encode(t.fingerprint, 'hex'), t.created_at,
        t.effective_at, t.expires_at, t.resolves_id, t.reverses_id, t.source_id, t.details::json,
        t.metadata::json, b.postings
    FROM begun AS b JOIN @schema@.ledger_transaction AS t ON t.id = b.transaction_id
    ORDER BY b.first_posting
"""
_WRONG_LINKS = """
    WITH linked AS MATERIALIZED (
        SELECT t.id, t.resolves_id, t.reverses_id FROM @schema@.ledger_transaction AS t
        WHERE t.id = ANY (%(ids)s)
    ), resolving AS (
        SELECT l.id, p.debit_id, p.credit_id,
            coalesce(sum(p.amount_minor) FILTER (WHERE p.layer = 'pending'), 0) AS pending,
            coalesce(sum(p.amount_minor) FILTER (WHERE p.layer = 'released'), 0) AS released,
            coalesce(sum(p.amount_minor) FILTER (
                WHERE p.layer = 'posted' AND p.transaction_id = l.id), 0) AS posted
        FROM linked AS l
        CROSS JOIN LATERAL (VALUES (l.id), (l.resolves_id)) AS part (transaction_id)
        JOIN @schema@.ledger_posting AS p ON p.transaction_id = part.transaction_id
        WHERE l.resolves_id IS NOT NULL
        GROUP BY l.id, p.debit_id, p.credit_id
    ), reversing AS (
        SELECT l.id, way.debit_id, way.credit_id, sum(way.amount_minor) AS rest
        FROM linked AS l
        CROSS JOIN LATERAL (VALUES (l.id), (l.reverses_id)) AS part (transaction_id)
        JOIN @schema@.ledger_posting AS p ON p.transaction_id = part.transaction_id
        CROSS JOIN LATERAL (
            SELECT p.debit_id, p.credit_id, p.amount_minor WHERE p.transaction_id = l.id
            UNION ALL
            SELECT p.credit_id, p.debit_id, -p.amount_minor WHERE p.transaction_id <> l.id
        ) AS way (debit_id, credit_id, amount_minor)
        WHERE l.reverses_id IS NOT NULL AND p.layer = 'posted'
        GROUP BY l.id, way.debit_id, way.credit_id
    )
    SELECT id, 'resolves: it does not release all that was pending'
    FROM resolving WHERE pending <> released
    UNION ALL
    SELECT id, 'resolves: it posts more than was reserved'
    FROM resolving WHERE posted > pending
    UNION ALL
    SELECT id, 'reverses: it is not the opposite of what it reverses'
    FROM reversing WHERE rest <> 0
"""
