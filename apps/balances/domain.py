"""The postings of balance transactions, and what the merchant sees of them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain import Posting, chart

PREFIX: Final = "txn"
MINUTE: Final = timedelta(minutes=1)


class Kind(StrEnum):
    """The `type` of a balance transaction, as the wire names it."""

    CHARGE = "charge"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a balance transaction did to the merchant's balance, in minor units.

    :ivar net_minor: what the balance changed by; `amount_minor` less `fee_minor`.
    """

    amount_minor: int
    fee_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has, by currency in the order of their codes.

    :ivar id: the account's.
    """

    id: str
    available: tuple[Money, ...]
    pending: tuple[Money, ...]


def postings(
    kind: Kind, *, account_id: str, money: Money, fee: Money, processor: str, is_available: bool
) -> tuple[Posting, ...]:
    """Return the ledger movements of a balance transaction; what would move nothing is left out.

    :param money: more than 0 for a charge, less for a refund.
    :param fee: what the platform keeps of a charge; a refund gives none of it back.
    :param is_available: the money can be paid out at once (or is taken from what can be).
    """
    receivable = chart.processor_receivable(processor)
    own = _own_account(account_id, is_available=is_available)
    movements: tuple[Posting, ...]
    match kind:
        case Kind.CHARGE:
            assert Money(0, money.currency) <= fee <= money, f"A fee of {fee} for {money}."
            movements = (
                Posting(debit=receivable, credit=own, money=money - fee),
                Posting(debit=receivable, credit=chart.platform_fees(), money=fee),
            )
        case Kind.REFUND:
            assert money.minor < 0, f"A refund of {money}."
            assert not fee, f"A refund with a fee of {fee}."
            movements = (Posting(debit=own, credit=receivable, money=-money),)
    return tuple(posting for posting in movements if posting.money)


def release_postings(*, account_id: str, net: Money) -> tuple[Posting, ...]:
    """Return the movements that make `net` available.

    Where refunds outweigh payments it is less than 0, and comes back out of what was available. A
    sum of many payments may be more than one posting can carry.
    """
    source, target = (
        _own_account(account_id, is_available=is_available)
        for is_available in (net.minor < 0, net.minor >= 0)
    )
    full, rest = divmod(abs(net.minor), MAX_MINOR)
    return tuple(
        Posting(debit=source, credit=target, money=Money(minor, net.currency))
        for minor in [MAX_MINOR] * full + [rest]
        if minor
    )


def amounts(moved: Iterable[tuple[str, str, int]], *, account_id: str) -> Amounts:
    """Read a balance transaction's amounts from its postings.

    :param moved: (code of the debited account, code of the credited one, minor units) each.
    """
    own = {_own_account(account_id, is_available=is_available) for is_available in (True, False)}
    net = fee = 0
    for debit, credit, minor in moved:
        net += minor * ((credit in own) - (debit in own))
        fee += minor * ((credit == chart.platform_fees()) - (debit == chart.platform_fees()))
    return Amounts(amount_minor=net + fee, fee_minor=fee, net_minor=net)


def balance(sums: Mapping[tuple[str, str], int], *, account_id: str, currency: str) -> Balance:
    """Return the balance of an account; both halves list the same currencies, at least `currency`.

    :param sums: minor units by (code of the ledger account, currency).
    :param currency: the account's own, shown when it has no money at all.
    """
    currencies = sorted({currency for _, currency in sums}) or [currency]
    available, pending = (
        tuple(
            Money(sums.get((_own_account(account_id, is_available=is_available), code), 0), code)
            for code in currencies
        )
        for is_available in (True, False)
    )
    return Balance(id=account_id, available=available, pending=pending)


def balance_codes(account_id: str) -> tuple[str, str]:
    """Return the codes of the ledger accounts that make up the balance of an account."""
    return chart.account_available(account_id), chart.account_pending(account_id)


def balance_transaction_id(ledger_transaction_id: str) -> str:
    """Return the id under which the merchant knows a ledger transaction: `txn_X` for `ltx_X`."""
    return f"{PREFIX}_{ledger_transaction_id.removeprefix('ltx_')}"


def ledger_transaction_id(balance_transaction_id: str) -> str:
    """Return the id of the ledger transaction behind a balance transaction: `ltx_X` for `txn_X`."""
    return f"ltx_{balance_transaction_id.removeprefix(f'{PREFIX}_')}"


def next_minute(instant: datetime) -> datetime:
    """Return `instant` rounded up to the whole minute."""
    return instant + (datetime.min.replace(tzinfo=instant.tzinfo) - instant) % MINUTE


def _own_account(account_id: str, *, is_available: bool) -> str:
    available, pending = balance_codes(account_id)
    return available if is_available else pending
