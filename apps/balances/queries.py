"""Reads of balances and balance transactions, limited to the account of the current context."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Value
from django.db.models.functions import Concat, Substr

from apps.accounts import queries as accounts
from apps.balances import domain
from apps.balances.models import Release
from apps.core import context
from apps.core.errors import not_found
from apps.ledger import queries as ledger

# `txn_X` for the `ltx_X` of a row; and the ledger transaction of a release, as `Release.journal`.
_BALANCE_TRANSACTION = Concat(Value("txn_"), Substr("id", 5))
_WITH_JOURNAL = {"journal": ledger.journal(Concat(Value("ltx_"), Substr(OuterRef("id"), 5)))}


def get_balance() -> domain.Balance:
    """Return what the account has, available and pending."""
    account_id = context.current().account_id
    sums = ledger.balances(domain.balance_codes(account_id))
    return domain.balance(
        sums,
        account_id=account_id,
        # An account without any money has none of its own currency.
        currency="" if sums else accounts.default_currency(),
    )


def list_balance_transactions(
    *, kind: str | None = None, source: str | None = None, currency: str | None = None
) -> QuerySet[Release]:
    """Return the balance transactions with their ledger transactions, in one query.

    :param kind: of `domain.Kind`.
    :param source: the id of what caused it.
    """
    rows = Release.objects.owned().annotate(**_WITH_JOURNAL)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if currency is not None:
        rows = rows.filter(currency=currency)
    if source is not None:
        found = ledger.list_transactions(source_id=source)
        rows = rows.filter(pk__in=found.values_list(_BALANCE_TRANSACTION, flat=True))
    return rows


def find_balance_transactions(ids: Iterable[str]) -> dict[str, Release]:
    """Return the balance transactions with these ids, by id; others are left out."""
    return list_balance_transactions().in_bulk(list(ids))


def get_balance_transaction(transaction_id: str) -> Release:
    """Return the balance transaction.

    :raises NotFound: there is none with this id.
    """
    found = list_balance_transactions().filter(pk=transaction_id).first()
    if found is None:
        raise not_found("balance transaction", transaction_id)
    return found


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what balance transactions among `ids`, or behind ledger transactions, hang on to.

    That is the ledger transaction that each is a view of, and the one that released its money: from
    there no way leads to the thousand others that it released.
    """
    known = [one for one in ids if one.startswith(f"{domain.PREFIX}_")]
    known += [domain.balance_transaction_id(one) for one in ids if one.startswith("ltx_")]
    if not known:
        return set()
    rows = Release.objects.owned().filter(pk__in=known).order_by("id")
    return {
        one
        for transaction_id, released_by in rows.values_list("id", "released_by")[:limit]
        for one in (transaction_id, domain.ledger_transaction_id(transaction_id), released_by)
        if one is not None
    }


def is_any_due(*, now: datetime) -> bool:
    """Return whether something is due and not released, of any account."""
    return _due(now=now).exists()


def take_due(*, now: datetime, limit: int) -> list[Release]:
    """Lock and return what is due of one account and currency, and locked by nobody else."""
    free = _due(now=now).select_for_update(skip_locked=True).order_by("due_at")
    first = free.first()
    if first is None:
        return []
    return list(free.filter(account_id=first.account_id, currency=first.currency)[:limit])


def _due(*, now: datetime) -> QuerySet[Release]:
    return Release.objects.filter(released_at=None, due_at__lte=now)
