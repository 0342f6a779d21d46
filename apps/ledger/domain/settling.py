"""What posts a pending transaction: all of what it reserved, or a part of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apps.core.errors import Invalid
from apps.core.money import Money
from apps.ledger.domain.moves import Move
from apps.ledger.domain.postings import Layer, Posting
from apps.ledger.domain.refusals import InvalidPosting


def of_layer(moves: Iterable[Move], layer: Layer) -> tuple[Posting, ...]:
    """Return the postings of one layer, with the lines of the journal that they are of."""
    return tuple(
        Posting(
            debit=move["debit"],
            credit=move["credit"],
            money=Money(move["minor"], move["currency"]),
            debit_line=move["debit_line"],
            credit_line=move["credit_line"],
        )
        for move in moves
        if move["layer"] == layer
    )


def check_part(given: Mapping[str, Any], moves: Sequence[Move], details: Mapping[str, Any]) -> None:
    """Check that a part of a pending transaction may be posted, as `given` says which.

    That it is a part, and no more than was reserved, PostgreSQL decides.

    :raises Invalid: `amount` and `postings` were both given, or an amount that could be of several
        postings.
    :raises InvalidPosting: a part of an exchange would be at another rate.
    """
    param = next((name for name in ("amount", "postings") if name in given), None)
    if param is None:
        return
    if "amount" in given and "postings" in given:
        raise Invalid(
            "Give the amount or the postings, not both.",
            code="parameters_exclusive",
            param="postings",
        )
    if given.get("postings") == []:
        # Nothing at all would be posted: that is a void.
        raise InvalidPosting("Give at least one posting.", param=param)
    if "exchange" in details:
        raise InvalidPosting("An exchange is posted in full, or voided.", param=param)
    if param == "amount" and len(moves) > 1:
        raise InvalidPosting(
            "It reserves several amounts: give the postings that are to be posted.", param=param
        )
