"""Balance transactions: their ids, and the amounts that are read from their postings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from apps.balances.domain.balance import own_account
from apps.ledger.domain import chart

PREFIX: Final = "txn"


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a balance transaction did to the merchant's balance, in minor units.

    :ivar net_minor: what the balance changed by; `amount_minor` less `fee_minor`.
    """

    amount_minor: int
    fee_minor: int
    net_minor: int


def amounts(moved: Iterable[tuple[str, str, int]], *, account_id: str) -> Amounts:
    """Read a balance transaction's amounts from its postings.

    :param moved: (code of the debited account, code of the credited one, minor units) each.
    """
    own = {own_account(account_id, is_available=is_available) for is_available in (True, False)}
    net = fee = 0
    for debit, credit, minor in moved:
        net += minor * ((credit in own) - (debit in own))
        fee += minor * ((credit == chart.platform_fees()) - (debit == chart.platform_fees()))
    return Amounts(amount_minor=net + fee, fee_minor=fee, net_minor=net)


def balance_transaction_id(ledger_transaction_id: str) -> str:
    """Return the id under which the merchant knows a ledger transaction: `txn_X` for `ltx_X`."""
    return f"{PREFIX}_{ledger_transaction_id.removeprefix('ltx_')}"


def ledger_transaction_id(balance_transaction_id: str) -> str:
    """Return the id of the ledger transaction behind a balance transaction: `ltx_X` for `txn_X`."""
    return f"ltx_{balance_transaction_id.removeprefix(f'{PREFIX}_')}"
