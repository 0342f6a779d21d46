"""Seals: each says the Merkle root of some postings and the hash of the seal before."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from apps.ledger.domain import canonical

VERSION: Final = 1
# What the first seal has for the hash of the one before it.
GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Header:
    """What a seal's hash is of. Hashes are 64 hexadecimal digits, in lower case.

    :ivar number: its place in the chain, from 1; `previous`: the hash of the seal before.
    :ivar root: the Merkle root of its leaves, in the order in which they were posted.
    :ivar count: how many leaves there are.
    """

    number: int
    previous: str
    root: str
    count: int
    sealed_at: datetime


def to_bytes(header: Header) -> bytes:
    """Return the canonical text of a header: its fields and `version`."""
    text = asdict(header)
    text["version"] = VERSION
    text["sealed_at"] = canonical.instant_text(header.sealed_at)
    return canonical.to_bytes(text)


def seal_hash(header: Header) -> str:
    """Return the hash of the seal with this header: SHA-256 of its canonical text."""
    return hashlib.sha256(to_bytes(header)).hexdigest()
