"""The postings of balance transactions, and what the merchant sees of them. Pure."""

from apps.balances.domain.balance import Balance, balance, balance_codes
from apps.balances.domain.payouts import (
    MAY_COME_BACK_FOR,
    NEXT,
    PayoutMove,
    PayoutNotPossible,
    PayoutStatus,
    Transfer,
    TransferAnswer,
    TransferState,
    arrival_of,
    moves_of,
    next_payout_status,
)
from apps.balances.domain.postings import REPORTING_CATEGORIES, Kind, postings
from apps.balances.domain.releases import next_minute, release_postings
from apps.balances.domain.schedules import (
    INTERVALS,
    WEEKDAYS,
    BalanceSettings,
    is_payout_day,
    next_day,
)
from apps.balances.domain.transactions import (
    PREFIX,
    Amounts,
    amounts,
    balance_transaction_id,
    ledger_transaction_id,
)

__all__ = [
    "INTERVALS",
    "MAY_COME_BACK_FOR",
    "NEXT",
    "PREFIX",
    "REPORTING_CATEGORIES",
    "WEEKDAYS",
    "Amounts",
    "Balance",
    "BalanceSettings",
    "Kind",
    "PayoutMove",
    "PayoutNotPossible",
    "PayoutStatus",
    "Transfer",
    "TransferAnswer",
    "TransferState",
    "amounts",
    "arrival_of",
    "balance",
    "balance_codes",
    "balance_transaction_id",
    "is_payout_day",
    "ledger_transaction_id",
    "moves_of",
    "next_day",
    "next_minute",
    "next_payout_status",
    "postings",
    "release_postings",
]
