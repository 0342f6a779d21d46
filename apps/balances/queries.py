"""Reads of balances, balance transactions and payouts, limited to the account of the current
context.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Substr

from apps.accounts import queries as accounts
from apps.balances import domain
from apps.balances.models import Payout, Release
from apps.core import context
from apps.core.errors import Invalid, not_found
from apps.core.money import Money
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


def available(currency: str) -> Money:
    """Return what the account can pay out in a currency; less than 0 if it owes."""
    code, _ = domain.balance_codes(context.current().account_id)
    return Money(ledger.balances_by_code([code], currency=currency)[code], currency)


def list_balance_transactions(
    *,
    kind: str | None = None,
    source: str | None = None,
    currency: str | None = None,
    payout: str | None = None,
) -> QuerySet[Release]:
    """Return the balance transactions with their ledger transactions, in one query.

    :param kind: of `domain.Kind`.
    :param source: the id of what caused it.
    :param payout: the scheduled payout that paid it out; its own transaction is among them.
    :raises Invalid: there is no such payout, or it was made by a request.
    """
    rows = Release.objects.owned().annotate(**_WITH_JOURNAL)
    if payout is not None:
        _check_scheduled(payout)
        rows = rows.filter(payout_id=payout)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if currency is not None:
        rows = rows.filter(currency=currency)
    if source is not None:
        found = ledger.list_transactions(source_id=source)
        rows = rows.filter(pk__in=found.values_list(_BALANCE_TRANSACTION, flat=True))
    return rows


def _check_scheduled(payout_id: str) -> None:
    payout = Payout.objects.owned().filter(pk=payout_id).first()
    if payout is None:
        raise Invalid(
            f"No such payout: '{payout_id[:64]}'", code="resource_missing", param="payout"
        )
    if not payout.automatic:
        raise Invalid(
            "Only a payout that was made by the schedule is made of balance transactions.",
            param="payout",
        )


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


def balance_settings() -> domain.BalanceSettings:
    """Return the settings of the current account."""
    account = accounts.get_account(context.current().account_id)
    return domain.BalanceSettings(
        terms=accounts.payout_terms(account),
        delay_days=accounts.delay_days(),
        # No bank is there that could move real money.
        is_enabled=not context.current().environment.livemode,
    )


def list_payouts(*, destination: str | None = None, status: str | None = None) -> QuerySet[Payout]:
    """Return the payouts, to one bank account, or with one status."""
    rows = Payout.objects.owned()
    if destination is not None:
        rows = rows.filter(destination_id=destination)
    return rows if status is None else rows.filter(status=status)


def find_payouts(ids: Iterable[str]) -> dict[str, Payout]:
    """Return the payouts with these ids, by id; others are left out."""
    return Payout.objects.owned().in_bulk(list(ids))


def get_payout(payout_id: str, *, for_update: bool = False) -> Payout:
    """Return the payout.

    :raises NotFound: there is none with this id.
    """
    rows = Payout.objects.owned()
    if for_update:
        rows = rows.select_for_update()
    found = rows.filter(pk=payout_id).first()
    if found is None:
        raise not_found("payout", payout_id)
    return found


def lock_any_payout(payout_id: str) -> Payout:
    """Lock and return a payout, of whichever account, for the job that goes on with it."""
    return Payout.objects.select_for_update().get(pk=payout_id)


def is_paid_out_on(day: date, *, currency: str) -> bool:
    """Return whether the schedule of the account has made its payout of a day."""
    rows = Payout.objects.owned().filter(scheduled_on=day, currency=currency)
    return rows.exists()


def list_to_pay_out(currency: str) -> QuerySet[Release]:
    """Return what is available, and no scheduled payout has paid out; it sums up to `available`.

    Other payouts are among them, as are those that came back.
    """
    rows = Release.objects.owned().filter(currency=currency)
    return rows.filter(payout_id=None, released_at__isnull=False)


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what balance transactions and payouts among `ids` hang on to.

    Of a balance transaction, or of the ledger transaction behind it, that is the ledger transaction
    that it is a view of, and the one that released its money: from there no way leads to the
    thousand others that it released.
    """
    return _linked_transactions(ids, limit=limit) | _linked_payouts(ids, limit=limit)


def _linked_payouts(ids: Collection[str], *, limit: int) -> set[str]:
    known = [one for one in ids if one.startswith("po_")]
    if not known:
        return set()
    columns = (
        *("id", "destination_id", "balance_transaction_id", "failure_balance_transaction_id"),
        *("original_payout_id", "reversed_by_id"),
    )
    rows = Payout.objects.owned().filter(Q(pk__in=known) | Q(original_payout__in=known))
    found = rows.order_by("id").values_list(*columns)[:limit]
    return {one for row in found for one in row if one is not None}


def _linked_transactions(ids: Collection[str], *, limit: int) -> set[str]:
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
