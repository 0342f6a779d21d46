"""Ledger accounts of the current account, each with the sums of its entries."""

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import JSONObject

from apps.core.errors import not_found
from apps.ledger.domain import Balance
from apps.ledger.models import LedgerAccount, LedgerBalance

SUMS = ("debits_minor", "credits_minor", "pending_debits_minor", "pending_credits_minor")


def list_accounts(
    *,
    code: str | None = None,
    code_prefix: str | None = None,
    kind: str | None = None,
    currency: str | None = None,
    is_closed: bool | None = None,
) -> QuerySet[LedgerAccount]:
    """Return the accounts that fit all that is given."""
    rows = with_sums(LedgerAccount.objects.owned())
    if code is not None:
        rows = rows.filter(code=code)
    if code_prefix is not None:
        rows = rows.filter(code__startswith=code_prefix)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if currency is not None:
        rows = rows.filter(currency=currency)
    if is_closed is not None:
        rows = rows.filter(closed_at__isnull=not is_closed)
    return rows


def get_account(account_id: str, *, for_update: bool = False) -> LedgerAccount:
    """Return the account.

    :raises NotFound: there is none with this id.
    """
    rows = list_accounts()
    if for_update:
        rows = rows.select_for_update(no_key=True)
    account = rows.filter(pk=account_id).first()
    if account is None:
        raise not_found("ledger account", account_id)
    return account


def find_accounts(ids: Iterable[str]) -> dict[str, LedgerAccount]:
    """Return the accounts with these ids, by id."""
    return list_accounts().in_bulk(list(ids))


def with_sums(accounts: QuerySet[LedgerAccount]) -> QuerySet[LedgerAccount]:
    """Let the accounts come with `sums`, for `balance_of`, in the same query."""
    rows = LedgerBalance.objects.filter(account=OuterRef("pk")).values("account_id")
    whole = rows.values(whole=JSONObject(**{name: Sum(name) for name in SUMS}))
    # Added by a dict: to mypy, a keyword would declare the attribute of the model a second time.
    added = {"sums": Subquery(whole)}
    return accounts.annotate(**added)


def balance_of(account: LedgerAccount) -> Balance:
    """Return what an account of `with_sums` has: all that is recorded."""
    sums = account.sums or dict.fromkeys(SUMS, 0)
    return Balance(
        account_id=account.pk,
        currency=account.currency,
        side=account.normal_side,
        debits_minor=sums["debits_minor"],
        credits_minor=sums["credits_minor"],
        pending_debits_minor=sums["pending_debits_minor"],
        pending_credits_minor=sums["pending_credits_minor"],
    )
