"""Transactions."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject

from apps.ledger.models import LedgerPosting, LedgerTransaction


def list_transactions(*, source_id: str | None = None) -> QuerySet[LedgerTransaction]:
    """Return the transactions made for the current account.

    :param source_id: only those that this object caused (`ch_…`).
    """
    found = LedgerTransaction.objects.owned()
    return found if source_id is None else found.filter(source_id=source_id)


def find_transactions(ids: Iterable[str]) -> QuerySet[LedgerTransaction]:
    """Return the transactions of the current account with these ids, in order."""
    return LedgerTransaction.objects.owned().filter(pk__in=list(ids)).order_by("id")


def list_expired(*, minute: datetime) -> QuerySet[LedgerTransaction]:
    """Return what is still pending and expires in the minute that ends at `minute`."""
    return LedgerTransaction.objects.filter(
        expires_at__gt=minute - timedelta(minutes=1),
        expires_at__lte=minute,
        resolved_by__isnull=True,
    ).order_by("id")


def journal(transaction_id: str | Combinable) -> Subquery:
    """Return an expression for a transaction as JSON, to annotate what knows its id.

    `{"source": "ch_…", "details": {…}, "postings": [{"debit": …, "credit": …, "minor": 100}, …]}`

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
            whole=JSONObject(
                source="source_id", details="details", postings=ArraySubquery(postings)
            )
        )
    )
