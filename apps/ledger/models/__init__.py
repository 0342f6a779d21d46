"""Tables of the ledger: `book` is where money is counted, `control` what watches over it."""

from apps.ledger.models.book import (
    LedgerAccount,
    LedgerBalance,
    LedgerEntry,
    LedgerPosting,
    LedgerSnapshot,
    LedgerTransaction,
)
from apps.ledger.models.control import (
    LedgerExport,
    LedgerPeriod,
    LedgerProposal,
    LedgerSeal,
    LedgerState,
    LedgerVerification,
)

__all__ = [
    "LedgerAccount",
    "LedgerBalance",
    "LedgerEntry",
    "LedgerExport",
    "LedgerPeriod",
    "LedgerPosting",
    "LedgerProposal",
    "LedgerSeal",
    "LedgerSnapshot",
    "LedgerState",
    "LedgerTransaction",
    "LedgerVerification",
]
