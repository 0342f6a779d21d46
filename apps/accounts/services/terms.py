"""When, and how, what an account has is paid out."""

from apps.accounts import queries
from apps.accounts.domain import PayoutTerms
from apps.accounts.models import Account
from apps.api import registry
from apps.events import services as events


def change_payout_terms(account: Account, *, terms: PayoutTerms) -> list[events.Change]:
    """Set the terms of an account that the caller has locked, in the caller's transaction.

    :returns: what the caller tells of it; nothing, if they are what they were.
    """
    if terms == queries.payout_terms(account):
        return []
    previous = registry.render(account)
    account.payout_interval = terms.interval
    account.payout_weekdays = list(terms.weekdays)
    account.payout_days = list(terms.days)
    account.payout_descriptor = terms.descriptor
    account.minimum_balances = dict(terms.minimum_balances)
    account.save()
    return [events.Change("account.updated", account, previous=previous)]
