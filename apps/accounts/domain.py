"""What an account decides of its payouts, and the bank accounts that exist in sandboxes. Pure.

Numbers and names are the published ones of the wire's test mode. No other number is ever taken, and
none is stored: of an account its token, its bank and its last four are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apps.core.errors import Invalid

ROUTING_NUMBER: Final = "110000000"
SORT_CODE: Final = "108800"
BANK_NAME: Final = "FINCLOUD TEST BANK"
# The currencies in which accounts of a country are paid; those of other countries have an IBAN.
CURRENCIES: Final = {"GB": "gbp", "US": "usd"}
IBAN_CURRENCY: Final = "eur"


class BankAccountRefused(Invalid):
    """A bank account is none that can be paid here."""

    code = "bank_account_invalid"


# The status of a bank account that a payout came back from.
ERRORED: Final = "errored"


class NoBank(Invalid):
    """The environment has no bank that could move real money."""

    code = "bank_missing"


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
    weekdays: tuple[str, ...]
    days: tuple[int, ...]
    descriptor: str
    minimum_balances: Mapping[str, int]

    def schedule(self) -> dict[str, Any]:
        """Return the schedule, as the wire shows it."""
        shown: dict[str, Any] = {"interval": self.interval}
        if self.interval == "weekly":
            shown["weekly_payout_days"] = list(self.weekdays)
        if self.interval == "monthly":
            shown["monthly_payout_days"] = list(self.days)
        return shown


@dataclass(frozen=True, slots=True)
class BankAccount:
    """What is kept of a bank account.

    :ivar token: what the bank knows it by.
    """

    country: str
    currency: str
    routing_number: str
    last4: str
    token: str
    bank_name: str = BANK_NAME


# By the end of a test account's token: how payouts to it end, the bank decides.
_OF_US: Final = {
    "000123456789": "success",
    "000111111113": "accountClosed",
    "000111111116": "noAccount",
    "000222222227": "insufficientFunds",
    "000333333335": "debitNotAuthorized",
    "000444444440": "invalidCurrency",
    "000555555559": "dispute",
}
_OF_GB: Final = {"00012345": "success"}
_IBANS: Final = {
    "AT611904300234573201": "success",
    "AT861904300235473202": "failed",
    "BE62510007547061": "success",
    "DE35370400440532013002": "disputed",
    "DE62370400440532013001": "failed",
    "DE89370400440532013000": "success",
    "ES0700120345030000067890": "success",
    "FR1420041010050500013M02606": "success",
    "FR8420041010050500013M02607": "failed",
    "IE29AIBK93115212345678": "success",
    "IT40S0542811101000000123456": "success",
    "NL39RABO0300065264": "success",
}


def _accounts() -> Iterator[tuple[str, str, BankAccount]]:
    """Yield country, number and account."""
    for number, key in _OF_US.items():
        token = f"bank:us_bank_account:{key}"
        yield "US", number, BankAccount("US", "usd", ROUTING_NUMBER, number[-4:], token)
    for number, key in _OF_GB.items():
        yield "GB", number, BankAccount("GB", "gbp", SORT_CODE, number[-4:], f"bank:gb:{key}")
    for number, key in _IBANS.items():
        country = number[:2]
        token = f"bank:sepa_debit:{key}_{country.lower()}"
        yield country, number, BankAccount(country, IBAN_CURRENCY, "", number[-4:], token)


_BY_NUMBER: Final = {(country, number): account for country, number, account in _accounts()}
# The names under which tokens of the accounts of the United States are there in every sandbox.
_BY_TOKEN: Final = {
    "btok_us": "success",
    "btok_us_verified": "success",
    "btok_us_verified_accountClosed": "accountClosed",
    "btok_us_verified_debitNotAuthorized": "debitNotAuthorized",
    "btok_us_verified_insufficientFunds": "insufficientFunds",
    "btok_us_verified_invalidCurrency": "invalidCurrency",
    "btok_us_verified_noAccount": "noAccount",
}
_NUMBERS_OF_US: Final = {key: number for number, key in _OF_US.items()}


def by_number(
    number: str, *, country: str, currency: str | None, routing_number: str | None, param: str
) -> tuple[str, BankAccount]:
    """Return the digits of a test account, for its fingerprint, and what is kept of it.

    :param number: with blanks and dashes, as people write it.
    :param currency: refused unless it is the country's; None: the country's.
    :param param: the parameter around those of the account.
    :raises BankAccountRefused: it is no test account, or not of this country, bank or currency.
    """
    digits = "".join(number.split()).replace("-", "").upper()
    account = _BY_NUMBER.get((country.upper(), digits))
    if account is None:
        raise BankAccountRefused(
            "Only the published test accounts of this country can be paid in a sandbox.",
            code="account_number_invalid",
            param=f"{param}[account_number]",
        )
    if account.routing_number and (routing_number or "").replace("-", "") != account.routing_number:
        raise BankAccountRefused(
            f"The test accounts of {account.country} are at {account.routing_number}.",
            code="routing_number_invalid",
            param=f"{param}[routing_number]",
        )
    if currency not in (None, account.currency):
        raise BankAccountRefused(
            f"Accounts in {account.country} are paid in {account.currency}.",
            param=f"{param}[currency]",
        )
    return digits, account


def by_token(token: str) -> tuple[str, BankAccount] | None:
    """Return the same for a token that is there in every sandbox, like `btok_us_verified`."""
    key = _BY_TOKEN.get(token)
    if key is None:
        return None
    number = _NUMBERS_OF_US[key]
    return number, _BY_NUMBER["US", number]


def by_name(name: str) -> tuple[str, BankAccount] | None:
    """Return the same for an account by the bank's own name for it (`BankAccount.token`)."""
    named = ((number, one) for (_, number), one in _BY_NUMBER.items() if one.token == name)
    return next(named, None)
