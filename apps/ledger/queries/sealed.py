"""The seals that a transaction is in."""

from django.db.models import Max, Min

from apps.ledger.models import LedgerPosting, LedgerSeal

# Its postings are in one seal, or in a few where others posted at the same moment.
SEALS_MAX = 10


def seals_of(transaction_id: str) -> tuple[list[LedgerSeal], bool]:
    """Return the seals that postings of the transaction are in, and whether all of them are."""
    own = LedgerPosting.objects.filter(transaction=transaction_id)
    ends = own.aggregate(first=Min("id"), last=Max("id"))
    if ends["last"] is None:
        return [], False
    found = LedgerSeal.objects.filter(
        last_posting__gte=ends["first"], after_posting__lt=ends["last"]
    ).order_by("number")
    seals = list(found[:SEALS_MAX])
    return seals, bool(seals) and seals[-1].last_posting >= ends["last"]
