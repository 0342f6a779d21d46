"""What the ledger does: posting, and everything that is built on it, a module for each subject."""

from apps.ledger.services.accounts import close_account
from apps.ledger.services.expiry import run_expiry
from apps.ledger.services.posting import EXPIRE, Posted, post, post_many, use_projection

__all__ = [
    "EXPIRE",
    "Posted",
    "close_account",
    "post",
    "post_many",
    "run_expiry",
    "use_projection",
]
