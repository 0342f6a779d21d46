"""Posting of balance transactions, and the release of their money when its time has come."""

from apps.balances.services.posting import (
    NewTransaction,
    Posted,
    post_balance_transaction,
    post_balance_transactions,
)
from apps.balances.services.releases import LATE_COMMIT, RELEASE, release_due, run_release

__all__ = [
    "LATE_COMMIT",
    "RELEASE",
    "NewTransaction",
    "Posted",
    "post_balance_transaction",
    "post_balance_transactions",
    "release_due",
    "run_release",
]
