"""Pages of the ledger: accounts and their tree, transactions, proposals, what proves the book."""

from apps.ledger.admin.accounts import LedgerAccountAdmin
from apps.ledger.admin.entries import LedgerEntryAdmin, LedgerPostingAdmin
from apps.ledger.admin.periods import LedgerPeriodAdmin
from apps.ledger.admin.proposals import LedgerProposalAdmin
from apps.ledger.admin.seals import LedgerSealAdmin
from apps.ledger.admin.transactions import LedgerTransactionAdmin
from apps.ledger.admin.verification import LedgerVerificationAdmin

__all__ = [
    "LedgerAccountAdmin",
    "LedgerEntryAdmin",
    "LedgerPeriodAdmin",
    "LedgerPostingAdmin",
    "LedgerProposalAdmin",
    "LedgerSealAdmin",
    "LedgerTransactionAdmin",
    "LedgerVerificationAdmin",
]
