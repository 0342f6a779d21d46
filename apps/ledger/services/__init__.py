"""What the ledger does: posting, and everything that is built on it, a module for each subject."""

from apps.ledger.services.accounts import (
    close_account,
    close_own_account,
    open_account,
    update_account,
)
from apps.ledger.services.expiry import run_expiry
from apps.ledger.services.posting import EXPIRE, Posted, post, post_many, use_projection
from apps.ledger.services.proposals import approve_proposal, propose_reversal, reject_proposal
from apps.ledger.services.sealing import seal_everywhere, seal_now, seal_step

__all__ = [
    "EXPIRE",
    "Posted",
    "approve_proposal",
    "close_account",
    "close_own_account",
    "open_account",
    "post",
    "post_many",
    "propose_reversal",
    "reject_proposal",
    "run_expiry",
    "seal_everywhere",
    "seal_now",
    "seal_step",
    "update_account",
    "use_projection",
]
