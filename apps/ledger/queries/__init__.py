"""Reads of the ledger of the current environment, a module for each subject."""

from apps.ledger.queries.balances import balances, balances_by_code, in_direction
from apps.ledger.queries.drift import Drift, check_drift
from apps.ledger.queries.entries import Entry, list_entries
from apps.ledger.queries.links import linked_ids
from apps.ledger.queries.postings import find_whole, get_transaction, with_postings
from apps.ledger.queries.transactions import (
    find_transactions,
    journal,
    list_expired,
    list_transactions,
)

__all__ = [
    "Drift",
    "Entry",
    "balances",
    "balances_by_code",
    "check_drift",
    "find_transactions",
    "find_whole",
    "get_transaction",
    "in_direction",
    "journal",
    "linked_ids",
    "list_entries",
    "list_expired",
    "list_transactions",
    "with_postings",
]
