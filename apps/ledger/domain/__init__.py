"""The ledger's words and rules. Pure. `chart` has the codes of the accounts."""

from apps.ledger.domain import chart, journal
from apps.ledger.domain.balance import Balance
from apps.ledger.domain.chart import Kind, Projection, Side, normal_side
from apps.ledger.domain.postings import (
    Draft,
    Layer,
    Posting,
    Status,
    fingerprint,
    minute_of,
    reversal,
    validate,
    validate_all,
)

__all__ = [
    "Balance",
    "Draft",
    "Kind",
    "Layer",
    "Posting",
    "Projection",
    "Side",
    "Status",
    "chart",
    "fingerprint",
    "journal",
    "minute_of",
    "normal_side",
    "reversal",
    "validate",
    "validate_all",
]
