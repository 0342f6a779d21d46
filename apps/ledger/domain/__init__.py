"""The ledger's words and rules. Pure. `chart` has the codes of the accounts."""

from apps.ledger.domain import chart, journal
from apps.ledger.domain.chart import Kind, Projection, Side, normal_side
from apps.ledger.domain.postings import (
    Draft,
    Layer,
    Posting,
    fingerprint,
    minute_of,
    reversal,
    validate,
)

__all__ = [
    "Draft",
    "Kind",
    "Layer",
    "Posting",
    "Projection",
    "Side",
    "chart",
    "fingerprint",
    "journal",
    "minute_of",
    "normal_side",
    "reversal",
    "validate",
]
