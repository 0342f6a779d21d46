"""The postings of balance transactions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apps.balances.domain.balance import own_account
from apps.core.money import Money
from apps.ledger.domain import Posting, chart


class Kind(StrEnum):
    """The `type` of a balance transaction, as the wire names it."""

    CHARGE = "charge"
    PAYMENT = "payment"
    REFUND = "refund"
    PAYMENT_REFUND = "payment_refund"
    REFUND_FAILURE = "refund_failure"
    PAYMENT_FAILURE_REFUND = "payment_failure_refund"
    ADJUSTMENT = "adjustment"
    PAYOUT = "payout"
    PAYOUT_CANCEL = "payout_cancel"
    PAYOUT_FAILURE = "payout_failure"


# What statements group a balance transaction under; an adjustment says it itself.
REPORTING_CATEGORIES: Final = {
    Kind.CHARGE: "charge",
    Kind.PAYMENT: "charge",
    Kind.REFUND: "refund",
    Kind.PAYMENT_REFUND: "refund",
    Kind.REFUND_FAILURE: "refund_failure",
    Kind.PAYMENT_FAILURE_REFUND: "charge_failure",
    Kind.ADJUSTMENT: "other_adjustment",
    Kind.PAYOUT: "payout",
    Kind.PAYOUT_CANCEL: "payout_reversal",
    Kind.PAYOUT_FAILURE: "payout_reversal",
}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What holds for a kind.

    :ivar comes: the money comes to the account; False: it leaves; None: either.
    :ivar has_fee: a fee is taken, or given back.
    :ivar may_wait: the money may be pending; everything else moves what is available.
    """

    comes: bool | None
    has_fee: bool = False
    may_wait: bool = False


_RULES: Final = {
    Kind.CHARGE: _Rule(comes=True, has_fee=True, may_wait=True),
    Kind.PAYMENT: _Rule(comes=True, has_fee=True, may_wait=True),
    Kind.REFUND: _Rule(comes=False, may_wait=True),
    Kind.PAYMENT_REFUND: _Rule(comes=False, may_wait=True),
    Kind.REFUND_FAILURE: _Rule(comes=True, may_wait=True),
    Kind.PAYMENT_FAILURE_REFUND: _Rule(comes=False),
    # A dispute takes the money and a fee; one that is won gives both back.
    Kind.ADJUSTMENT: _Rule(comes=None, has_fee=True),
    # A payout that was reversed is one that comes back.
    Kind.PAYOUT: _Rule(comes=None),
    Kind.PAYOUT_CANCEL: _Rule(comes=True),
    Kind.PAYOUT_FAILURE: _Rule(comes=True),
}


def postings(
    kind: Kind,
    *,
    account_id: str,
    money: Money,
    fee: Money,
    processor: str,
    is_available: bool,
    against: str = "",
) -> tuple[Posting, ...]:
    """Return the ledger movements of a balance transaction; what would move nothing is left out.

    :param money: more than 0 for what comes to the account, less for what leaves it.
    :param fee: what the platform keeps; less than 0: what it gives back.
    :param processor: owes the money, or has to give it back.
    :param is_available: the money can be paid out at once (or is taken from what can be).
    :param against: the ledger account on the other side, where that is not what the processor owes:
        the cash of a customer, what is in transit, the bank.
    """
    _check(_RULES[kind], money=money, fee=fee, is_available=is_available)
    other = against or chart.processor_receivable(processor)
    own = own_account(account_id, is_available=is_available)
    fees = chart.platform_fees()
    movements: tuple[Posting, ...]
    if money.minor > 0 and fee.minor >= 0:
        movements = (
            Posting(debit=other, credit=own, money=money - fee),
            Posting(debit=other, credit=fees, money=fee),
        )
    elif money.minor > 0:
        movements = (
            Posting(debit=other, credit=own, money=money),
            Posting(debit=fees, credit=own, money=-fee),
        )
    else:
        movements = (
            Posting(debit=own, credit=other, money=-money),
            Posting(debit=own, credit=fees, money=fee),
        )
    return tuple(posting for posting in movements if posting.money)


def _check(rule: _Rule, *, money: Money, fee: Money, is_available: bool) -> None:
    """Refuse what no caller may ask for."""
    assert money, "A balance transaction moves something."
    assert rule.comes in (None, money.minor > 0), f"{money} goes the wrong way."
    assert rule.has_fee or not fee, f"A fee of {fee} where there is none."
    assert is_available or rule.may_wait, "Only payments and their refunds wait."
    if rule.comes:
        assert 0 <= fee.minor <= money.minor, f"A fee of {fee} for {money}."
    else:
        # A fee is taken with what is taken, and given back with what is given back.
        assert fee.minor * money.minor <= 0, f"A fee of {fee} for {money}."
