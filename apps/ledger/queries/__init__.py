"""Reads of the ledger of the current environment, a module for each subject."""

from apps.ledger.queries.accounts import (
    balance_of,
    find_accounts,
    get_account,
    list_accounts,
    with_sums,
)
from apps.ledger.queries.archive import (
    currencies,
    list_account_records,
    list_period_records,
    list_seal_records,
    list_transaction_records,
    wrong_links,
)
from apps.ledger.queries.balances import (
    balances,
    balances_by_code,
    credits_less_debits,
    in_direction,
)
from apps.ledger.queries.drift import check_drift
from apps.ledger.queries.entries import (
    Entry,
    EntryFilter,
    Place,
    find_entries,
    find_place,
    get_entry,
    list_account_entries,
    list_entries,
)
from apps.ledger.queries.everywhere import SealLag, seal_lags
from apps.ledger.queries.exports import (
    find_exports,
    get_export,
    last_change_at,
    last_whole_seal,
    list_exports,
    named_accounts,
    seal_hash,
)
from apps.ledger.queries.history import Days, daily_balances
from apps.ledger.queries.links import linked_ids
from apps.ledger.queries.listing import TransactionFilter, list_page
from apps.ledger.queries.naming import find_directory, find_fingerprints
from apps.ledger.queries.periods import find_periods, get_period, list_periods
from apps.ledger.queries.postings import find_whole, get_transaction, with_links, with_postings
from apps.ledger.queries.proposals import count_open_proposals, is_proposed
from apps.ledger.queries.rooms import find_rooms, get_state
from apps.ledger.queries.sealed import seals_of
from apps.ledger.queries.statements import Statement, StatementDrift, read_statement
from apps.ledger.queries.time_travel import balance_at, end_of
from apps.ledger.queries.transactions import (
    find_transactions,
    journal,
    list_expired,
    list_transactions,
)
from apps.ledger.queries.trial_balance import (
    AccountTotal,
    Total,
    TrialBalance,
    find_any_account,
    read_trial_balance,
)
from apps.ledger.queries.verification import (
    count_drifting,
    find_verification,
    get_verification,
    list_verifications,
)

__all__ = [
    "AccountTotal",
    "Days",
    "Entry",
    "EntryFilter",
    "Place",
    "SealLag",
    "Statement",
    "StatementDrift",
    "Total",
    "TransactionFilter",
    "TrialBalance",
    "balance_at",
    "balance_of",
    "balances",
    "balances_by_code",
    "check_drift",
    "count_drifting",
    "count_open_proposals",
    "credits_less_debits",
    "currencies",
    "daily_balances",
    "end_of",
    "find_accounts",
    "find_any_account",
    "find_directory",
    "find_entries",
    "find_exports",
    "find_fingerprints",
    "find_periods",
    "find_place",
    "find_rooms",
    "find_transactions",
    "find_verification",
    "find_whole",
    "get_account",
    "get_entry",
    "get_export",
    "get_period",
    "get_state",
    "get_transaction",
    "get_verification",
    "in_direction",
    "is_proposed",
    "journal",
    "last_change_at",
    "last_whole_seal",
    "linked_ids",
    "list_account_entries",
    "list_account_records",
    "list_accounts",
    "list_entries",
    "list_expired",
    "list_exports",
    "list_page",
    "list_period_records",
    "list_periods",
    "list_seal_records",
    "list_transaction_records",
    "list_transactions",
    "list_verifications",
    "named_accounts",
    "read_statement",
    "read_trial_balance",
    "seal_hash",
    "seal_lags",
    "seals_of",
    "with_links",
    "with_postings",
    "with_sums",
    "wrong_links",
]
