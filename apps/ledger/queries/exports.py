"""Exports, and what there is to export."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, QuerySet, Sum

from apps.core.errors import not_found
from apps.ledger.domain.exports import Named
from apps.ledger.models import LedgerAccount, LedgerExport, LedgerPeriod, LedgerSeal
from apps.ledger.queries import sums


class Sealed(NamedTuple):
    """Up to where the book is sealed: the number of a seal, its last posting, how many in all."""

    number: int
    last_posting: int
    posting_count: int


def list_exports() -> QuerySet[LedgerExport]:
    """Return the exports of the current account."""
    return LedgerExport.objects.owned()


def get_export(export_id: str) -> LedgerExport:
    """Return an export of the current account.

    :raises NotFound: there is none with this id.
    """
    found = list_exports().filter(pk=export_id).first()
    if found is None:
        raise not_found("ledger export", export_id)
    return found


def find_exports(ids: Iterable[str]) -> dict[str, LedgerExport]:
    """Return the exports of the current account with these ids, by id."""
    return list_exports().in_bulk(list(ids))


def last_whole_seal() -> Sealed:
    """Return the last seal that ends between two transactions; number 0: there is none.

    A seal may end in the middle of a transaction that was being posted when its end was chosen.
    """
    seals = LedgerSeal.objects.order_by("-number")
    seal = seals.first()
    while seal is not None:
        ((cut_from,),) = sums.run(_CUT_FROM, {"last": seal.last_posting})
        if cut_from is None:
            until = seals.filter(number__lte=seal.number)
            count = until.aggregate(count=Sum("posting_count"))["count"]
            return Sealed(seal.number, seal.last_posting, count)
        seal = seals.filter(last_posting__lt=cut_from).first()
    return Sealed(0, 0, 0)


def last_change_at() -> datetime | None:
    """Return when an account or a period was last opened or closed."""
    changes = [
        *LedgerAccount.objects.aggregate(Max("created_at"), Max("closed_at")).values(),
        *LedgerPeriod.objects.aggregate(Max("created_at"), Max("reopened_at")).values(),
    ]
    return max((at for at in changes if at is not None), default=None)


def seal_hash(*, number: int) -> str | None:
    """Return the hash of a seal; None if there is none with this number."""
    return LedgerSeal.objects.filter(number=number).values_list("hash", flat=True).first()


def named_accounts(ids: Iterable[str]) -> dict[str, Named]:
    """Return what the accounts of the book with these ids are called, by id."""
    rows = LedgerAccount.objects.filter(pk__in=set(ids)).values_list("id", "code", "name", "kind")
    return {account_id: Named(*names) for account_id, *names in rows}


# The first posting of what has postings on both sides of a seal's end.
_CUT_FROM = """
    SELECT min(q.id)
    FROM @schema@.ledger_posting AS p
    JOIN @schema@.ledger_posting AS q
        ON q.transaction_id = p.transaction_id AND q.id <= %(last)s
    WHERE p.id > %(last)s
"""
