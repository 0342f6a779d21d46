"""References: the names of transactions, each posted once; and those that FinCloud gives itself."""

import re
from typing import Final

from apps.ledger.domain.refusals import ReferenceReserved

# What was done, and the id that it was done to: `charge:ch_…`, `void:ltx_…`.
_OURS: Final = re.compile(r"[a-z_-]+:[a-z_]+_[0-9A-Za-z]{24}")


def post_of(transaction_id: str) -> str:
    """Return the name of what posts a pending transaction, unless one is given."""
    return f"post:{transaction_id}"


def void_of(transaction_id: str) -> str:
    """Return the name of what voids a pending transaction, unless one is given."""
    return f"void:{transaction_id}"


def reversal_of(transaction_id: str) -> str:
    """Return the name of what reverses a transaction, unless one is given."""
    return f"reverse:{transaction_id}"


def check(reference: str) -> str:
    """Return `reference`, which a user gave.

    :raises ReferenceReserved: it could be one of ours, and would keep us from posting.
    """
    if _OURS.fullmatch(reference):
        raise ReferenceReserved(
            "A word, a colon and an id: such references FinCloud gives to its own transactions.",
            param="reference",
        )
    return reference
