"""The postings of balance transactions, and what the merchant sees of them. Pure."""

from apps.balances.domain.balance import Balance, balance, balance_codes
from apps.balances.domain.postings import REPORTING_CATEGORIES, Kind, postings
from apps.balances.domain.releases import next_minute, release_postings
from apps.balances.domain.transactions import (
    PREFIX,
    Amounts,
    amounts,
    balance_transaction_id,
    ledger_transaction_id,
)

__all__ = [
    "PREFIX",
    "REPORTING_CATEGORIES",
    "Amounts",
    "Balance",
    "Kind",
    "amounts",
    "balance",
    "balance_codes",
    "balance_transaction_id",
    "ledger_transaction_id",
    "next_minute",
    "postings",
    "release_postings",
]
