"""The published test accounts: their numbers and ids, and how the simulator treats debits of them.

Numbers and names are the public ones of the wire's test mode. No other number is ever accepted, and
none is stored: a payment method keeps the account's token, its bank and its last four.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from apps.payments.processors.behaviours import Behaviour, Happening, Later

US: Final = "us_bank_account"
SEPA: Final = "sepa_debit"
ROUTING_NUMBER: Final = "110000000"
BANK_NAME: Final = "FINCLOUD TEST BANK"
# A bank takes days over a debit; in a sandbox a moment is enough to see that it ends later.
MOMENT: Final = timedelta(seconds=5)
DELAYED: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class TestAccount:
    """A bank account that exists in sandboxes only.

    :ivar key: names the account in `pm_usBankAccount_<key>` and `pm_sepaDebit_<key>`.
    :ivar number: the account number, or the IBAN.
    :ivar behaviour: how debits of it end.
    :ivar is_deposited: micro-deposits arrive; without, its owner cannot prove anything.
    """

    type: str
    key: str
    number: str
    behaviour: Behaviour
    is_deposited: bool = True

    @property
    def token(self) -> str:
        """Return the processor's name for it."""
        return f"bank:{self.type}:{self.key}"

    @property
    def last4(self) -> str:
        """Return the digits that may be shown."""
        return self.number[-4:]


def _succeeds(after: timedelta = MOMENT, *, disputed_for: str = "") -> Behaviour:
    disputes = (Later(Happening.DISPUTE, 2 * after, reason=disputed_for),) if disputed_for else ()
    return Behaviour(is_pending=True, later=(Later(Happening.SETTLED, after), *disputes))


def _fails(code: str, after: timedelta = MOMENT) -> Behaviour:
    return Behaviour(is_pending=True, later=(Later(Happening.LATE_DECLINE, after, reason=code),))


_OF_US: Final = (
    ("success", "000123456789", _succeeds()),
    ("accountClosed", "000111111113", _fails("account_closed")),
    ("noAccount", "000111111116", _fails("no_account")),
    ("insufficientFunds", "000222222227", _fails("insufficient_funds")),
    ("debitNotAuthorized", "000333333335", _fails("debit_not_authorized")),
    ("invalidCurrency", "000444444440", _fails("invalid_currency")),
    ("dispute", "000555555559", _succeeds(disputed_for="debit_not_authorized")),
    ("failMicrodeposits", "000666666661", _succeeds()),
    ("weeklyLimitExceeded", "000777777771", _fails("charge_exceeds_source_limit")),
    ("processing", "000000000009", Behaviour(is_pending=True)),
)
# Every country has an account for each of these.
_SEPA_BEHAVIOURS: Final = {
    "success": _succeeds(),
    "successDelayed": _succeeds(DELAYED),
    "failed": _fails("generic_could_not_process"),
    "failedDelayed": _fails("generic_could_not_process", DELAYED),
    "disputed": _succeeds(disputed_for="debit_not_authorized"),
    "exceedsWeeklyVolumeLimit": _fails("charge_exceeds_source_limit"),
    "exceedsWeeklyTransactionLimit": _fails("charge_exceeds_weekly_limit"),
    "insufficientFunds": _fails("insufficient_funds"),
}
# The IBANs of a country, in the order of `_SEPA_BEHAVIOURS`.
_IBANS: Final = {
    "at": """
        AT611904300234573201 AT321904300235473204 AT861904300235473202 AT051904300235473205
        AT591904300235473203 AT981904300000343434 AT601904300000121212 AT981904300002222227
    """,
    "de": """
        DE89370400440532013000 DE08370400440532013003 DE62370400440532013001
        DE78370400440532013004 DE35370400440532013002 DE65370400440000343434
        DE27370400440000121212 DE65370400440002222227
    """,
    "fr": """
        FR1420041010050500013M02606 FR3020041010050500013M02609 FR8420041010050500013M02607
        FR7920041010050500013M02600 FR5720041010050500013M02608 FR9720041010050000000343434
        FR5920041010050000000121212 FR9720041010050000002222227
    """,
}


def _accounts() -> Iterator[TestAccount]:
    for key, number, behaviour in _OF_US:
        is_deposited = key != "failMicrodeposits"
        yield TestAccount(US, key, number, behaviour, is_deposited=is_deposited)
    for country, ibans in _IBANS.items():
        for (key, behaviour), iban in zip(_SEPA_BEHAVIOURS.items(), ibans.split(), strict=True):
            yield TestAccount(SEPA, f"{key}_{country}", iban, behaviour)


ACCOUNTS: Final = tuple(_accounts())
BY_TOKEN: Final = {account.token: account for account in ACCOUNTS}
BY_NUMBER: Final = {(account.type, account.number): account for account in ACCOUNTS}
# The ids of payment methods that are there in every sandbox. Those of Austria, Germany and France
# have an older name as well.
_BY_ID: Final = {
    **{f"pm_usBankAccount_{one.key}": one for one in ACCOUNTS if one.type == US},
    **{f"pm_sepaDebit_{one.key}": one for one in ACCOUNTS if one.type == SEPA},
    **{f"pm_{one.key}": one for one in ACCOUNTS if one.type == SEPA},
}
# Why a debit failed, in words for the merchant.
MESSAGES: Final = {
    "account_closed": "The customer's bank account has been closed.",
    "charge_exceeds_source_limit": "The payment exceeds the weekly limit of the bank account.",
    "charge_exceeds_weekly_limit": "The payment exceeds the weekly limit of the account.",
    "debit_not_authorized": "The customer has told their bank that this debit was not authorized.",
    "generic_could_not_process": "The customer's bank could not process the debit.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "invalid_currency": "The customer's bank account cannot be debited in this currency.",
    "payment_method_microdeposit_verification_attempts_exceeded": (
        "The bank account could not be verified: the micro-deposits were told wrong too often."
    ),
    "payment_method_microdeposit_verification_timeout": (
        "The bank account could not be verified: the micro-deposits were not told in time."
    ),
    "no_account": "The customer's bank account could not be located.",
}


def by_payment_method_id(payment_method_id: str) -> TestAccount | None:
    """Return the account of an id like `pm_usBankAccount_success` or `pm_sepaDebit_success_de`."""
    return _BY_ID.get(payment_method_id)


class Deposits(StrEnum):
    """What became of telling the micro-deposits of an account."""

    VERIFIED = "verified"
    WRONG = "wrong"
    EXHAUSTED = "exhausted"
    TIMED_OUT = "timed_out"


_AMOUNTS: Final[dict[tuple[int, ...], Deposits]] = {
    (32, 45): Deposits.VERIFIED,
    (10, 11): Deposits.EXHAUSTED,
    (40, 41): Deposits.TIMED_OUT,
}
_DESCRIPTOR_CODES: Final = {
    "SM11AA": Deposits.VERIFIED,
    "SM33CC": Deposits.EXHAUSTED,
    "SM44DD": Deposits.TIMED_OUT,
}


def tell_deposits(*, amounts: tuple[int, ...] = (), descriptor_code: str = "") -> Deposits:
    """Return what the published amounts, in either order, or the published code come to."""
    if descriptor_code:
        return _DESCRIPTOR_CODES.get(descriptor_code.upper(), Deposits.WRONG)
    return _AMOUNTS.get(tuple(sorted(amounts)), Deposits.WRONG)
