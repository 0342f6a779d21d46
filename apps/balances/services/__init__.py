"""Posting of balance transactions, and the release of their money when its time has come."""

from apps.balances.services.posting import Posted, post_balance_transaction
from apps.balances.services.releases import LATE_COMMIT, RELEASE, release_due, run_release

__all__ = [
    "LATE_COMMIT",
    "RELEASE",
    "Posted",
    "post_balance_transaction",
    "release_due",
    "run_release",
]
