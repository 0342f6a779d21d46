"""Balance transactions, the release of their money when its time has come, and payouts."""

from apps.balances.services.issuing import PAY, create_payout
from apps.balances.services.paying import advance_payout
from apps.balances.services.payouts import cancel_payout, reverse_payout, update_payout
from apps.balances.services.posting import (
    NewTransaction,
    Posted,
    post_balance_transaction,
    post_balance_transactions,
)
from apps.balances.services.releases import LATE_COMMIT, RELEASE, release_due, run_release
from apps.balances.services.scheduled import SCHEDULED, pay_out_scheduled
from apps.balances.services.settings import update_balance_settings

__all__ = [
    "LATE_COMMIT",
    "PAY",
    "RELEASE",
    "SCHEDULED",
    "NewTransaction",
    "Posted",
    "advance_payout",
    "cancel_payout",
    "create_payout",
    "pay_out_scheduled",
    "post_balance_transaction",
    "post_balance_transactions",
    "release_due",
    "reverse_payout",
    "run_release",
    "update_balance_settings",
    "update_payout",
]
