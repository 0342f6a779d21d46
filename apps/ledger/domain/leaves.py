"""Leaves: what a seal says of each posting.

A leaf has all that a posting and its transaction say, and nothing that belongs to one database or
to one owner: no number of a row, no merchant account. So whoever imports a book makes the same
leaves of it, and the same seals.
"""

from typing import Any, Final, NamedTuple

from apps.ledger.domain import canonical

VERSION: Final = 1


class Leaf(NamedTuple):
    """One posting, with what its transaction says. The names are those of the canonical text.

    :ivar transaction: the id of the transaction (`ltx_…`); `position`: the posting's place in it.
    :ivar debit: the code of the debited account; `credit` likewise.
    :ivar amount: in minor units of `currency`.
    :ivar effective_at: instants are texts (`canonical.instant_text`).
    :ivar created_at: when the transaction was recorded.
    :ivar source: the transaction's `source_id`; `resolves` and `reverses`: ids of transactions.
    :ivar details: as JSON has it; `metadata` likewise.
    """

    transaction: str
    position: int
    debit: str
    debit_kind: str
    credit: str
    credit_kind: str
    currency: str
    amount: int
    layer: str
    debit_line: int | None
    credit_line: int | None
    reference: str
    effective_at: str
    created_at: str
    expires_at: str | None
    resolves: str | None
    reverses: str | None
    source: str | None
    details: dict[str, Any]
    metadata: dict[str, str]


def to_bytes(leaf: Leaf) -> bytes:
    """Return the canonical text of a leaf: what is hashed. It has the fields, and `version`.

    A number in `details` is written as Python writes it.
    """
    return canonical.to_bytes({"version": VERSION, **leaf._asdict()})
