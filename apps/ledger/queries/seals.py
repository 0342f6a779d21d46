"""Seals, and the postings that they are of."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Max, QuerySet

from apps.core.errors import not_found
from apps.ledger.domain.leaves import Leaf
from apps.ledger.domain.seals import Header
from apps.ledger.models import LedgerPosting, LedgerSeal
from apps.ledger.queries import sums


class PostingRow(NamedTuple):
    """A posting as its seal has it.

    :ivar leaf: None if its transaction or an account of it is missing, or cannot be read.
    :ivar faults: how it disagrees with its transaction and its accounts.
    """

    id: int
    leaf: Leaf | None
    faults: tuple[str, ...]
    transaction_id: str
    position: int


@dataclass(frozen=True, slots=True)
class Writers:
    """Who is posting at this moment, by ids of database transactions.

    :ivar ours: the id of the current one: later than that of anybody who has drawn the id of a
        posting before it was asked for.
    :ivar oldest: the earliest of the others that have written postings and have not ended.
    """

    ours: int
    oldest: int | None


def header_of(seal: LedgerSeal) -> Header:
    """Return what the hash of a seal is of."""
    return Header(
        number=seal.number,
        previous=seal.previous_hash,
        root=seal.root,
        count=seal.posting_count,
        sealed_at=seal.created_at,
    )


def list_seals() -> QuerySet[LedgerSeal]:
    """Return the seals of the current environment."""
    return LedgerSeal.objects.owned()


def newest_seal() -> LedgerSeal | None:
    """Return the last seal of the chain."""
    return LedgerSeal.objects.order_by("-number").first()


def get_seal(seal_id: str) -> LedgerSeal:
    """Return the seal.

    :raises NotFound: there is none with this id.
    """
    seal = list_seals().filter(pk=seal_id).first()
    if seal is None:
        raise not_found("ledger seal", seal_id)
    return seal


def find_seals(ids: Iterable[str]) -> dict[str, LedgerSeal]:
    """Return the seals with these ids, by id."""
    return list_seals().in_bulk(list(ids))


def chain(*, after: int, until: int) -> Sequence[LedgerSeal]:
    """Return the seals with numbers after `after`, up to `until`, in their order."""
    return list(LedgerSeal.objects.filter(number__gt=after, number__lte=until).order_by("number"))


def next_seals(*, after: int, limit: int) -> list[LedgerSeal]:
    """Return the next seals after the one with the number `after`, in their order."""
    return list(LedgerSeal.objects.filter(number__gt=after).order_by("number")[:limit])


def newest_posting() -> int:
    """Return the id of the last posting that is committed; 0 if there is none."""
    return LedgerPosting.objects.aggregate(newest=Max("id"))["newest"] or 0


def writers() -> Writers:
    """Look who is posting. Gives the current transaction an id if it had none.

    Whoever writes a posting holds a lock on the table from before it draws the posting's id until
    its transaction has ended, and had an id of its own before: the row of the ledger transaction
    comes first. Unlike a snapshot of PostgreSQL, these locks know nothing of other tables and
    other databases, where somebody may work for hours.
    """
    ((ours, oldest),) = sums.run(_WRITERS, {})
    return Writers(ours=ours, oldest=oldest)


def read_postings(*, after: int, until: int, limit: int | None = None) -> list[PostingRow]:
    """Return the postings with ids after `after`, up to `until`, in their order."""
    rows = sums.run(_POSTINGS, {"after": after, "until": until, "limit": limit}, **_INSTANTS)
    return [_posting_row(row) for row in rows]


def _posting_row(row: tuple[Any, ...]) -> PostingRow:
    posting_id, faults, is_whole, transaction_id, position, *facts, details, metadata = row
    faults, leaf = tuple(faults or ()), None
    if is_whole:
        try:
            said = (_from_json(details), _from_json(metadata))
            leaf = Leaf._make([transaction_id, position, *facts, *said])
        except (ValueError, RecursionError):
            # PostgreSQL keeps numbers of more digits, and deeper objects, than Python reads.
            faults = (*faults, "its transaction says what cannot be read")
    return PostingRow(posting_id, leaf, faults, transaction_id, position)


def _from_json(text: str) -> Any:
    return {} if text == "{}" else json.loads(text)


# Ids of transactions are 32 bits in the locks; those of running ones are near ours.
_WRITERS = """
    WITH ours AS MATERIALIZED (SELECT pg_current_xact_id()::text::bigint AS id),
    locks AS MATERIALIZED (SELECT * FROM pg_locks WHERE granted)
    SELECT id, (
        SELECT min(id + (((xid.transactionid::text::bigint - id) + 2147483648) & 4294967295)
            - 2147483648)
        FROM locks AS writing
        JOIN locks AS xid
            ON xid.virtualtransaction = writing.virtualtransaction
            AND xid.locktype = 'transactionid' AND xid.mode = 'ExclusiveLock'
        WHERE writing.locktype = 'relation' AND writing.mode = 'RowExclusiveLock'
            AND writing.relation = '@schema@.ledger_posting'::regclass
            AND writing.database = (
                SELECT oid FROM pg_database WHERE datname = current_database())
            AND writing.pid IS DISTINCT FROM pg_backend_pid()
    ) FROM ours
"""
# As `canonical.instant_text`; PostgreSQL has instants besides, for which Python has no value.
_INSTANTS = {
    name: f"""coalesce(
        to_char(t.{name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), t.{name}::text)"""
    for name in ("effective_at", "created_at", "expires_at")
}
_POSTINGS = """
    SELECT p.id,
        CASE WHEN d.currency = p.currency AND c.currency = p.currency
            AND p.effective_at = t.effective_at
            AND p.is_shifted = (t.effective_at <> t.created_at)
            AND (p.layer <> 'released' OR t.resolves_id IS NOT NULL)
        THEN NULL ELSE array_remove(ARRAY[
            CASE WHEN t.id IS NULL THEN 'its transaction is missing' END,
            CASE WHEN d.id IS NULL THEN 'the debited account is missing' END,
            CASE WHEN c.id IS NULL THEN 'the credited account is missing' END,
            CASE WHEN d.currency <> p.currency THEN 'the debited account is in ' || d.currency END,
            CASE WHEN c.currency <> p.currency THEN 'the credited account is in ' || c.currency END,
            CASE WHEN p.effective_at <> t.effective_at
                THEN 'it is not effective when its transaction is' END,
            CASE WHEN p.is_shifted <> (t.effective_at <> t.created_at)
                THEN 'is_shifted does not tell whether it is' END,
            CASE WHEN p.layer = 'released' AND t.resolves_id IS NULL
                THEN 'it releases, and its transaction resolves nothing' END
        ], NULL) END,
        t.id IS NOT NULL AND d.id IS NOT NULL AND c.id IS NOT NULL,
        p.transaction_id, p.position, d.code, d.kind, c.code, c.kind, p.currency, p.amount_minor,
        p.layer, p.debit_line, p.credit_line, t.reference,
        @effective_at@, @created_at@, @expires_at@,
        t.resolves_id, t.reverses_id, t.source_id, t.details::text, t.metadata::text
    FROM @schema@.ledger_posting AS p
    LEFT JOIN @schema@.ledger_transaction AS t ON t.id = p.transaction_id
    LEFT JOIN @schema@.ledger_account AS d ON d.id = p.debit_id
    LEFT JOIN @schema@.ledger_account AS c ON c.id = p.credit_id
    WHERE p.id > %(after)s AND p.id <= %(until)s
    ORDER BY p.id LIMIT %(limit)s
"""
