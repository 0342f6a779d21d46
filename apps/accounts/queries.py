"""Reads of merchant accounts, and of the bank accounts that they are paid out to."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db.models import QuerySet

from apps.accounts import domain
from apps.accounts.models import Account, ExternalAccount
from apps.core import context
from apps.core.errors import not_found
from apps.tenants import queries as tenants


def default_currency() -> str:
    """Return the currency of the account of the current context (ISO 4217, lower case)."""
    account = Account.objects.only("default_currency").get(pk=context.current().account_id)
    return account.default_currency


def get_account(account_id: str, *, for_update: bool = False) -> Account:
    """Return the account of the current context, which is the only one that it may name.

    :raises NotFound: it is another one.
    """
    found = Account.objects.owned()
    if for_update:
        found = found.select_for_update()
    account = found.filter(pk=account_id).first()
    if account is None:
        raise not_found("account", account_id, param="account")
    return account


def delay_days() -> int:
    """Return for how many days the hosting plan holds a payment's money; a part is a whole one."""
    return -(-tenants.current_plan().available_after // timedelta(days=1))


def payout_terms(account: Account) -> domain.PayoutTerms:
    """Return what an account has decided of its payouts."""
    return domain.PayoutTerms(
        interval=account.payout_interval,
        weekdays=tuple(account.payout_weekdays),
        days=tuple(account.payout_days),
        descriptor=account.payout_descriptor,
        minimum_balances=account.minimum_balances,
    )


def find_accounts(ids: Iterable[str]) -> dict[str, Account]:
    """Return the accounts with these ids, by id; others are left out."""
    return Account.objects.owned().in_bulk(list(ids))


def list_external_accounts() -> QuerySet[ExternalAccount]:
    """Return the bank accounts of the current account that are there."""
    return ExternalAccount.objects.owned().filter(deleted_at=None)


def find_external_accounts(
    ids: Iterable[str], *, for_update: bool = False
) -> dict[str, ExternalAccount]:
    """Return the bank accounts with these ids, by id, deleted ones too; others are left out."""
    found = ExternalAccount.objects.owned()
    if for_update:
        found = found.select_for_update()
    return found.in_bulk(list(ids))


def get_external_account(external_account_id: str, *, for_update: bool = False) -> ExternalAccount:
    """Return the bank account.

    :raises NotFound: there is none with this id, or it was deleted.
    """
    found = list_external_accounts()
    if for_update:
        found = found.select_for_update()
    account = found.filter(pk=external_account_id).first()
    if account is None:
        raise not_found("external account", external_account_id)
    return account


def default_external_account(currency: str) -> ExternalAccount | None:
    """Return where payouts in a currency go, unless they name another bank account."""
    return list_external_accounts().filter(currency=currency, is_default=True).first()


def default_external_accounts() -> dict[str, ExternalAccount]:
    """Return where scheduled payouts go, by currency."""
    return {one.currency: one for one in list_external_accounts().filter(is_default=True)}


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return the account that bank accounts among `ids` belong to."""
    rows = ExternalAccount.objects.owned().filter(pk__in=ids).values_list("id", "account_id")
    return {one for row in rows[:limit] for one in row}
