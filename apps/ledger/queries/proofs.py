"""Proofs that an entry is in the book as it was sealed."""

from dataclasses import dataclass

from apps.core import context
from apps.core.errors import Invalid, not_found
from apps.ledger.domain import leaves, merkle
from apps.ledger.domain.refusals import NotSealed, SealBroken
from apps.ledger.models import LedgerEntry, LedgerSeal
from apps.ledger.queries import seals
from apps.ledger.queries.links import transaction_of_entry

# Of one proof: about a day of seals in a book that is never at rest, and two megabytes.
CHAIN_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Proof:
    """What leads from an entry to the hash of a seal.

    :ivar leaf: the canonical text of the entry's posting; `index`: its place among the leaves.
    :ivar path: hashes, from the leaf to the root, in hex.
    :ivar chain: the seals after the one that the posting is in.
    """

    entry_id: str
    leaf: str
    index: int
    path: list[str]
    seal: LedgerSeal
    chain: list[LedgerSeal]


def get_proof(entry_id: str, *, until_seal: int | None = None) -> Proof:
    """Return the proof of an entry, for whoever may see the whole of its transaction.

    :param until_seal: the number of the seal to which it leads; None: the newest, or as near to it
        as one proof goes.
    :raises NotFound: there is no such entry, or no such seal.
    :raises NotSealed: the entry is in no seal yet.
    :raises Invalid: the entry was sealed after that seal, or too long before it.
    :raises SealBroken: the seal is not of what is in the book now.
    """
    posting_id = _find_posting(entry_id)
    seal = LedgerSeal.objects.filter(last_posting__gte=posting_id).order_by("last_posting").first()
    if seal is None:
        raise NotSealed("The entry is in no seal yet. Try again in a moment.")
    rows = seals.read_postings(after=seal.after_posting, until=seal.last_posting)
    index = next((place for place, row in enumerate(rows) if row.id == posting_id), None)
    texts = [b"" if row.leaf is None else leaves.to_bytes(row.leaf) for row in rows]
    hashes = [merkle.leaf_hash(text) for text in texts]
    if index is None or merkle.root(hashes).hex() != seal.root or len(rows) != seal.posting_count:
        raise SealBroken(f"The seal {seal.number} is not of what is in the book now.")
    last = _last_number(seal, until_seal)
    return Proof(
        entry_id=entry_id,
        leaf=texts[index].decode(),
        index=index,
        path=[beside.hex() for beside in merkle.inclusion_path(hashes, index)],
        seal=seal,
        chain=list(seals.chain(after=seal.number, until=last)),
    )


def _find_posting(entry_id: str) -> int:
    """Return the posting of an entry: the leaf tells of the other side, and of the transaction."""
    here = context.current()
    rows = LedgerEntry.objects.filter(pk=entry_id, transaction=transaction_of_entry(entry_id))
    if here.account_id != here.environment.account_id:
        rows = rows.filter(transaction__account_id=here.account_id)
    posting_id = rows.values_list("posting_id", flat=True).first()
    if posting_id is None:
        raise not_found("ledger entry", entry_id)
    return posting_id


def _last_number(seal: LedgerSeal, until_seal: int | None) -> int:
    """Return the number of the last seal of the proof."""
    newest = seals.newest_seal() or seal
    if until_seal is None:
        return min(newest.number, seal.number + CHAIN_MAX)
    if until_seal > newest.number:
        raise not_found("ledger seal", str(until_seal), param="until_seal")
    if not seal.number <= until_seal <= seal.number + CHAIN_MAX:
        raise Invalid(
            f"The entry is in the seal {seal.number}: a proof leads from there to that seal, or to "
            f"one of the next {CHAIN_MAX:,}.",
            param="until_seal",
        )
    return until_seal
