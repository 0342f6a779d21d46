"""Reads of the ledger of the current environment, a module for each subject."""

from apps.ledger.queries.balances import balances, balances_by_code, in_direction
from apps.ledger.queries.drift import Drift, check_drift
from apps.ledger.queries.entries import Entry, list_entries
from apps.ledger.queries.postings import find_whole, get_transaction, with_postings
from apps.ledger.queries.transactions import (
    journal,
    list_expired,
    list_transactions,
    list_transactions_of,
)

__all__ = [
    "Drift",
    "Entry",
    "balances",
    "balances_by_code",
    "check_drift",
    "find_whole",
    "get_transaction",
    "in_direction",
    "journal",
    "list_entries",
    "list_expired",
    "list_transactions",
    "list_transactions_of",
    "with_postings",
]
