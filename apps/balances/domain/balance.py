"""What an account has, and the ledger accounts it is read from."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.core.money import Money
from apps.ledger.domain import chart


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has, by currency in the order of their codes.

    :ivar id: the account's.
    """

    id: str
    available: tuple[Money, ...]
    pending: tuple[Money, ...]


def balance(sums: Mapping[tuple[str, str], int], *, account_id: str, currency: str) -> Balance:
    """Return the balance of an account; both halves list the same currencies, at least `currency`.

    :param sums: minor units by (code of the ledger account, currency).
    :param currency: the account's own, shown when it has no money at all.
    """
    currencies = sorted({currency for _, currency in sums}) or [currency]
    available, pending = (
        tuple(
            Money(sums.get((own_account(account_id, is_available=is_available), code), 0), code)
            for code in currencies
        )
        for is_available in (True, False)
    )
    return Balance(id=account_id, available=available, pending=pending)


def balance_codes(account_id: str) -> tuple[str, str]:
    """Return the codes of the ledger accounts that make up the balance of an account."""
    return chart.account_available(account_id), chart.account_pending(account_id)


def own_account(account_id: str, *, is_available: bool) -> str:
    """Return the code of the half of the balance that is available, or of the other."""
    available, pending = balance_codes(account_id)
    return available if is_available else pending
