"""What was posted, told as entries: as the journal that was given, or two for each posting."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from apps.ledger.domain.chart import Side
from apps.ledger.domain.postings import Layer, Status

# A posting as `queries.with_postings` reads it: `position`, `debit` and `credit` (codes),
# `debit_id` and `credit_id`, `minor`, `currency`, `layer`, `debit_line` and `credit_line`.
Move = Mapping[str, Any]
EXPIRY: Final = "expiry"


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of what was posted.

    :ivar parts: the ids of the entries in the book (`len_…`). The entry of a journal may be a part
        of several postings, and so have several; their amounts add up to its own.
    """

    parts: tuple[str, ...]
    account_id: str
    code: str
    side: Side
    minor: int
    currency: str
    layer: Layer


def entries(transaction_id: str, moves: Sequence[Move]) -> list[Entry]:
    """Return the entries of a transaction: of a journal as given, otherwise two for each posting.

    :param moves: its postings, in their order.
    """
    shown: list[Entry] = []
    # By layer too: a release has no lines, whatever it releases.
    journal: dict[tuple[Layer, int], Entry] = {}
    for line, entry in _sides(transaction_id, moves):
        if line is None:
            shown.append(entry)
            continue
        known = journal.get((entry.layer, line))
        journal[entry.layer, line] = (
            entry
            if known is None
            else replace(known, parts=(*known.parts, *entry.parts), minor=known.minor + entry.minor)
        )
    return shown + [journal[key] for key in sorted(journal)]


def _sides(transaction_id: str, moves: Iterable[Move]) -> Iterator[tuple[int | None, Entry]]:
    """Yield the two entries of each posting, with the lines of the journal that they are of."""
    for move in moves:
        for place, side in enumerate(Side):
            entry = Entry(
                parts=(entry_id(transaction_id, move["position"], place),),
                account_id=move[f"{side}_id"],
                code=move[side],
                side=side,
                minor=move["minor"],
                currency=move["currency"],
                layer=Layer(move["layer"]),
            )
            yield move[f"{side}_line"], entry


def entry_id(transaction_id: str, position: int, place: int) -> str:
    """Return the id of an entry, as the view `ledger_entry` makes it.

    :param place: 0 for the debit of the posting at `position`, 1 for its credit.
    """
    return f"len{transaction_id.removeprefix('ltx')}{2 * position + place:05}"


def is_pending(moves: Sequence[Move]) -> bool:
    """Return whether it reserves, or reserved: its postings are pending ones."""
    return bool(moves) and moves[0]["layer"] == Layer.PENDING


def status(moves: Sequence[Move], resolution: Mapping[str, Any] | None) -> Status:
    """Return what became of a transaction.

    :param resolution: of the one that resolves it: its `type`, and whether it `moved` anything.
    """
    if not is_pending(moves):
        return Status.POSTED
    if resolution is None:
        return Status.PENDING
    if resolution["moved"]:
        return Status.POSTED
    return Status.EXPIRED if resolution["type"] == EXPIRY else Status.VOIDED
