"""The chart of accounts: which code is what, and how an account is opened when it is first used."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CODE_LENGTH: Final = 160
# The form of a code. None is taken for an id, so that either may name an account.
CODE_PATTERN: Final = rf"(?!lacct_)[A-Za-z0-9_.:\-]{{1,{CODE_LENGTH}}}"
# An account that every payment touches has this many balance rows, so that payments do not queue.
STRIPES: Final = 16
# What may go through one balance row on one side, in minor units. So all rows of an account, and
# whatever else adds up its entries (a snapshot, a statement), stay below 2^63.
SUM_MAX: Final = 5 * 10**17


class Kind(StrEnum):
    """The five kinds of accounts."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    REVENUE = "revenue"
    EXPENSE = "expense"


class Side(StrEnum):
    """The two sides of an account."""

    DEBIT = "debit"
    CREDIT = "credit"


def normal_side(kind: Kind) -> Side:
    """Return the side on which an account of `kind` grows."""
    return Side.DEBIT if kind in (Kind.ASSET, Kind.EXPENSE) else Side.CREDIT


class Projection(StrEnum):
    """Which trigger keeps the balances: one per statement, or one per row (where Citus runs)."""

    STATEMENT = "statement"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Opening:
    """How an account of the chart is opened.

    :ivar floor_minor: what the balance may not fall below, if anything.
    :ivar owner: the merchant account in its code; None: see `is_house`.
    :ivar is_house: it belongs to the environment's own account, whoever posts to it first. What is
        neither is the poster's (a wallet, the credit of a customer).
    """

    kind: Kind
    floor_minor: int | None = None
    owner: str | None = None
    is_house: bool = False

    @property
    def stripes(self) -> int:
        """Return the number of balance rows. Only one row can guard a floor."""
        return STRIPES if self.floor_minor is None else 1


def processor_receivable(processor: str) -> str:
    """Captured, not yet settled by the processor."""
    return f"processor:{processor}:receivable"


def processor_fees(processor: str) -> str:
    """What the processor keeps."""
    return f"processor:{processor}:fees"


def bank_settlement() -> str:
    """Money in the operator's bank account."""
    return "bank:settlement"


def account_pending(account_id: str) -> str:
    """The merchant's, not yet available."""
    return f"account:{account_id}:pending"


def account_available(account_id: str) -> str:
    """The merchant's, free to pay out. Refunds and disputes may take it below zero."""
    return f"account:{account_id}:available"


def account_reserved(account_id: str) -> str:
    """Held back: disputes, rolling reserves."""
    return f"account:{account_id}:reserved"


def account_in_transit(account_id: str) -> str:
    """Payouts on their way."""
    return f"account:{account_id}:in_transit"


def wallet(wallet_id: str) -> str:
    """Stored value of an end user."""
    return f"wallet:{wallet_id}"


def wallet_held(wallet_id: str) -> str:
    """Stored value that a hold keeps."""
    return f"wallet:{wallet_id}:held"


def customer_credit(customer_id: str) -> str:
    """A customer's invoice credit."""
    return f"customer:{customer_id}:credit"


def customer_granted(customer_id: str) -> str:
    """What was granted to a customer as credit: the other side of `customer_credit`."""
    return f"customer:{customer_id}:granted"


def customer_cash(customer_id: str) -> str:
    """Money that a customer transferred, and that no payment has taken yet."""
    return f"customer:{customer_id}:cash"


def customer_applied(customer_id: str) -> str:
    """The part of a customer's cash that payments have taken which are not paid in full yet."""
    return f"customer:{customer_id}:applied"


def platform_fees() -> str:
    """What the platform earns."""
    return "platform:fees"


def platform_losses() -> str:
    """What the platform bears."""
    return "platform:losses"


def fx(pair: str) -> str:
    """Clearing between two currencies, `eur-usd`. See `fx_pair`."""
    return f"fx:{pair}"


def fx_pair(one: str, other: str) -> str:
    """Return the name of two currencies, in the order of the alphabet whichever was sold.

    So one account in each of the two says what all exchanges between them come to.
    """
    return "-".join(sorted((one, other)))


# The whole chart: the form of a code, its kind, and its floor. What is not here is opened by hand.
_CHART: Final = tuple(
    (re.compile(form), kind, floor_minor)
    for form, kind, floor_minor in (
        (r"processor:\w+:receivable", Kind.ASSET, None),
        (r"processor:\w+:fees", Kind.EXPENSE, None),
        (r"bank:settlement", Kind.ASSET, None),
        (r"account:(?P<owner>acct_\w+):(?:pending|available|reserved)", Kind.LIABILITY, None),
        (r"account:(?P<owner>acct_\w+):in_transit", Kind.LIABILITY, 0),
        (r"wallet:\w+(?::held)?", Kind.LIABILITY, 0),
        (r"customer:\w+:credit", Kind.LIABILITY, None),
        (r"customer:\w+:granted", Kind.EXPENSE, None),
        (r"customer:\w+:(?:cash|applied)", Kind.LIABILITY, 0),
        (r"platform:fees", Kind.REVENUE, None),
        (r"platform:losses", Kind.EXPENSE, None),
        (r"fx:[a-z]{3}-[a-z]{3}", Kind.EQUITY, None),
    )
)
# What the platform itself has, owes and earns.
_HOUSE: Final = ("processor:", "bank:", "platform:", "fx:")
_RESERVED: Final = (*_HOUSE, "account:", "wallet:", "customer:")


def is_reserved(code: str) -> bool:
    """Return whether only FinCloud itself posts to `code`: it begins like one of the chart."""
    first = code.partition(":")[0] + ":"
    return first in _RESERVED


def opening(code: str) -> Opening | None:
    """Return how the account `code` is opened, or None: it is not of the chart."""
    for form, kind, floor_minor in _CHART:
        if found := form.fullmatch(code):
            is_house = code.startswith(_HOUSE)
            return Opening(kind, floor_minor, found.groupdict().get("owner"), is_house)
    return None
