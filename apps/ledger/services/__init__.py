"""What the ledger does: posting, and everything that is built on it, a module for each subject."""

from apps.ledger.services.accounts import (
    close_account,
    close_own_account,
    open_account,
    update_account,
)
from apps.ledger.services.batches import post_batch
from apps.ledger.services.expiry import run_expiry
from apps.ledger.services.exports import create_export, export_content
from apps.ledger.services.freezing import freeze, unfreeze
from apps.ledger.services.imports import Imported, import_book
from apps.ledger.services.periods import close_period, reopen_period
from apps.ledger.services.posting import EXPIRE, Posted, post, post_many, use_projection
from apps.ledger.services.proposals import approve_proposal, propose_reversal, reject_proposal
from apps.ledger.services.sealing import seal_everywhere, seal_now, seal_step
from apps.ledger.services.transactions import (
    create_transaction,
    post_pending,
    reverse_transaction,
    void_pending,
)
from apps.ledger.services.verification import (
    RangeCheck,
    begin_round,
    verify_everywhere,
    verify_now,
    verify_round,
    verify_seals,
    verify_step,
)

__all__ = [
    "EXPIRE",
    "Imported",
    "Posted",
    "RangeCheck",
    "approve_proposal",
    "begin_round",
    "close_account",
    "close_own_account",
    "close_period",
    "create_export",
    "create_transaction",
    "export_content",
    "freeze",
    "import_book",
    "open_account",
    "post",
    "post_batch",
    "post_many",
    "post_pending",
    "propose_reversal",
    "reject_proposal",
    "reopen_period",
    "reverse_transaction",
    "run_expiry",
    "seal_everywhere",
    "seal_now",
    "seal_step",
    "unfreeze",
    "update_account",
    "use_projection",
    "verify_everywhere",
    "verify_now",
    "verify_round",
    "verify_seals",
    "verify_step",
    "void_pending",
]
