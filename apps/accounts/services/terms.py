"""When, and how, what an account has is paid out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from apps.accounts import queries
from apps.accounts.models import Account
from apps.api import registry
from apps.core import context
from apps.events import services as events


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutTerms:
    """What an account decides of its payouts.

    :ivar interval: `manual`, `daily`, `weekly` or `monthly`.
    :ivar weekdays: `monday` to `friday`, of a weekly schedule.
    :ivar days: 1 to 31, of a monthly one.
    :ivar descriptor: what a bank statement says; empty: nothing of its own.
    :ivar minimum_balances: what a scheduled payout leaves, in minor units by currency.
    """

    interval: str
    weekdays: Collection[str]
    days: Collection[int]
    descriptor: str
    minimum_balances: Mapping[str, int]


def change_payout_terms(terms: PayoutTerms) -> tuple[Account, list[events.Change]]:
    """Set the terms of the current account, in the caller's transaction.

    :returns: the account, and what the caller tells of it.
    """
    account = queries.get_account(context.current().account_id, for_update=True)
    previous = registry.render(account)
    account.payout_interval = terms.interval
    account.payout_weekdays = list(terms.weekdays)
    account.payout_days = list(terms.days)
    account.payout_descriptor = terms.descriptor
    account.minimum_balances = dict(terms.minimum_balances)
    account.save()
    return account, [events.Change("account.updated", account, previous=previous)]
