"""Bank accounts that are added at the same time, with real commits."""

from apps.accounts import services
from apps.accounts.models import ExternalAccount
from apps.core import clock
from apps.core.errors import Invalid
from tests.races import at_once

TOKENS = ("btok_us_verified", "btok_us_verified_noAccount", "btok_us_verified_accountClosed")


def add(token):
    return lambda: services.create_external_account(
        given={"external_account": token, "default_for_currency": True}, now=clock.now()
    )


def test_of_accounts_added_at_once_one_is_the_default(committed_environment):
    added = at_once(*(add(token) for token in TOKENS))

    assert {type(one) for one in added} == {ExternalAccount}
    assert ExternalAccount.objects.filter(is_default=True).count() == 1


def test_one_account_added_at_once_is_there_once(committed_environment):
    added = at_once(*[add(TOKENS[0])] * 4)

    assert sum(isinstance(one, Invalid) for one in added) == 3
    assert ExternalAccount.objects.count() == 1
