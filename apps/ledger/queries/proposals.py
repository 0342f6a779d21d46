"""Proposed reversals."""

from apps.ledger.domain.proposals import Status
from apps.ledger.models import LedgerProposal


def count_open_proposals() -> int:
    """Return how many reversals wait for a second operator, in the whole environment."""
    return LedgerProposal.objects.filter(status=Status.PROPOSED.value).count()


def is_proposed(transaction_id: str) -> bool:
    """Return whether a reversal of the transaction was proposed, whatever came of it."""
    return LedgerProposal.objects.filter(transaction=transaction_id).exists()
