"""Reads of merchant accounts."""

from apps.accounts.models import Account
from apps.core import context


def default_currency() -> str:
    """Return the currency of the account of the current context (ISO 4217, lower case)."""
    account = Account.objects.only("default_currency").get(pk=context.current().account_id)
    return account.default_currency
