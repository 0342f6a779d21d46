"""What transactions and entries hang together with, for the trail of an object."""

from collections.abc import Collection

from django.db.models import Q

from apps.ledger.models import LedgerTransaction

# `len_X00003` is the fourth entry of `ltx_X`.
_PLACE_LENGTH = 5


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return the transactions that `ids` caused, and what transactions and entries hang on to.

    That is their cause, and what they resolve, reverse, or are resolved and reversed by.
    """
    known = {one for one in ids if one.startswith("ltx_")}
    known |= {transaction_of_entry(one) for one in ids if one.startswith("len_")}
    rows = LedgerTransaction.objects.owned().filter(
        Q(pk__in=known) | Q(source_id__in=ids) | Q(resolves__in=known) | Q(reverses__in=known)
    )
    columns = ("id", "source_id", "resolves_id", "reverses_id")
    found = rows.order_by("id").values_list(*columns)[:limit]
    return {one for row in found for one in row if one is not None}


def transaction_of_entry(entry_id: str) -> str:
    """Return the id of the transaction that an entry is of: its own begins with it."""
    return f"ltx_{entry_id.removeprefix('len_')[:-_PLACE_LENGTH]}"
