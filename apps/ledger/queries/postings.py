"""Transactions with their postings: as they are shown, in one query however many there are."""

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from apps.core.errors import not_found
from apps.ledger.domain import Layer
from apps.ledger.models import LedgerPosting, LedgerTransaction


def with_postings(rows: QuerySet[LedgerTransaction]) -> QuerySet[LedgerTransaction]:
    """Add to transactions what they moved, and what resolves and reverses them, by subqueries.

    Each subquery is one look into an index: of postings by their transaction, of transactions by
    what they resolve and by what they reverse.

    :returns: with `moves` (see `domain.moves`), and what `with_links` adds.
    """
    moves = LedgerPosting.objects.filter(transaction=OuterRef("pk")).order_by("position")
    whole = moves.values(
        move=JSONObject(
            position="position",
            debit_id="debit_id",
            debit="debit__code",
            credit_id="credit_id",
            credit="credit__code",
            minor="amount_minor",
            currency="currency",
            layer="layer",
            debit_line="debit_line",
            credit_line="credit_line",
        )
    )
    added = {"moves": ArraySubquery(whole)}
    return with_links(rows).annotate(**added)


def with_links(rows: QuerySet[LedgerTransaction]) -> QuerySet[LedgerTransaction]:
    """Add to transactions what resolves and reverses them.

    :returns: with `resolution` (`id`, `type`, and whether it `moved` anything) and `reversal_id`.
    """
    posted = LedgerPosting.objects.filter(transaction=OuterRef("pk"), layer=Layer.POSTED.value)
    resolutions = LedgerTransaction.objects.filter(resolves=OuterRef("pk")).values(
        resolution=JSONObject(id="id", type="details__type", moved=Exists(posted))
    )
    reversals = LedgerTransaction.objects.filter(reverses=OuterRef("pk")).values("id")
    added = {"resolution": Subquery(resolutions), "reversal_id": Subquery(reversals)}
    return rows.annotate(**added)


def get_transaction(transaction_id: str) -> LedgerTransaction:
    """Return a transaction of the current account, with its postings.

    :raises NotFound: there is none with this id.
    """
    rows = with_postings(LedgerTransaction.objects.owned())
    found = rows.filter(pk=transaction_id).first()
    if found is None:
        raise not_found("ledger transaction", transaction_id)
    return found


def find_whole(ids: Iterable[str]) -> dict[str, LedgerTransaction]:
    """Return the transactions of the current account with these ids, with their postings, by id."""
    return with_postings(LedgerTransaction.objects.owned()).in_bulk(list(ids))
