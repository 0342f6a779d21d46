"""Postings and drafts of transactions: what makes them well-formed, and what makes them equal."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain.refusals import InvalidPosting

POSTINGS_MAX: Final = 5_000
# The postings of a transaction that resolves another one come after this place: the ones before it
# are kept for the release of the pending postings, each in its own place.
FIRST_AFTER_RELEASED: Final = POSTINGS_MAX
REFERENCE_LENGTH: Final = 200


class Layer(StrEnum):
    """What a posting counts towards.

    `pending` reserves; `released` takes a pending posting back when its transaction is resolved.
    """

    POSTED = "posted"
    PENDING = "pending"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Posting:
    """`money` from the account `credit` to the account `debit`, both by their codes."""

    debit: str
    credit: str
    money: Money

    def reversed(self) -> "Posting":
        """Return the posting that undoes this one."""
        return Posting(debit=self.credit, credit=self.debit, money=self.money)


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction to be posted.

    :ivar reference: names the transaction, once and for all: it is posted once.
    :ivar effective_at: when it counts; now, unless given.
    :ivar is_pending: the postings reserve only, until another transaction resolves this one.
    :ivar expires_at: when a pending transaction is to be given up.
    :ivar resolves: id of the pending transaction that this one posts (with postings, in full or in
        part) or voids (without).
    :ivar reverses: id of the transaction that this one undoes.
    """

    postings: tuple[Posting, ...]
    reference: str
    effective_at: datetime | None = None
    is_pending: bool = False
    expires_at: datetime | None = None
    resolves: str | None = None
    reverses: str | None = None
    metadata: dict[str, Any] | None = None


def validate(draft: Draft) -> None:
    """Refuse what is not well-formed. The tables refuse it too; here the message is better.

    :raises InvalidPosting: see the messages.
    """
    if not 0 < len(draft.reference) <= REFERENCE_LENGTH:
        raise InvalidPosting(
            f"A reference has 1 to {REFERENCE_LENGTH} characters.", param="reference"
        )
    if not draft.postings and draft.resolves is None:
        raise InvalidPosting("A transaction has at least one posting.", param="postings")
    if len(draft.postings) > POSTINGS_MAX:
        raise InvalidPosting(
            f"A transaction has at most {POSTINGS_MAX:,} postings.", param="postings"
        )
    if draft.is_pending and (draft.resolves or draft.reverses):
        raise InvalidPosting("What resolves or reverses is not itself pending.", param="pending")
    if draft.expires_at is not None and not draft.is_pending:
        raise InvalidPosting("Only a pending transaction expires.", param="expires_at")
    for index, posting in enumerate(draft.postings):
        if not 0 < posting.money.minor <= MAX_MINOR:
            raise InvalidPosting(
                "An amount is from 1 to 10^15 minor units.", param=f"postings[{index}][amount]"
            )
        if posting.debit == posting.credit:
            raise InvalidPosting(
                "A posting is between two accounts.", param=f"postings[{index}][credit]"
            )


def fingerprint(draft: Draft) -> bytes:
    """Return what is the same for two drafts that move the same money in the same way (32 bytes).

    The metadata is left out: it describes, and what a retry computes anew (a date) may differ.
    """
    inputs = [
        [[p.debit, p.credit, p.money.minor, p.money.currency] for p in draft.postings],
        draft.is_pending,
        draft.resolves,
        draft.reverses,
        draft.effective_at.timestamp() if draft.effective_at else None,
        draft.expires_at.timestamp() if draft.expires_at else None,
    ]
    return hashlib.sha256(json.dumps(inputs, separators=(",", ":")).encode()).digest()


def reversal(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    """Return the postings that undo `postings`."""
    return tuple(posting.reversed() for posting in postings)
