"""Postings and drafts of transactions: what makes them well-formed, and what makes them equal."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain.chart import SUM_MAX
from apps.ledger.domain.refusals import (
    AlreadyResolved,
    AlreadyReversed,
    AmountsTooLarge,
    InvalidPosting,
)

# Every posting is two entries. A journal of n entries becomes fewer than n postings.
POSTINGS_MAX: Final = 5_000
ENTRIES_MAX: Final = 10_000
# The postings of a transaction that resolves another one come after this place: the ones before it
# are kept for the release of the pending postings, each in its own place.
FIRST_AFTER_RELEASED: Final = ENTRIES_MAX
REFERENCE_LENGTH: Final = 200


class Layer(StrEnum):
    """What a posting counts towards.

    `pending` reserves; `released` takes a pending posting back when its transaction is resolved.
    """

    POSTED = "posted"
    PENDING = "pending"
    RELEASED = "released"


class Status(StrEnum):
    """What a transaction is, as it is shown: posted, or what became of a pending one."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Posting:
    """`money` from the account `credit` to the account `debit`, both by their codes.

    :ivar debit_line: the entry of the journal, from 0, that the debit is a part of; None for a
        posting that was given as one. `credit_line` likewise. See `journal`.
    """

    debit: str
    credit: str
    money: Money
    debit_line: int | None = None
    credit_line: int | None = None

    def reversed(self) -> "Posting":
        """Return the posting that undoes this one."""
        return Posting(
            debit=self.credit,
            credit=self.debit,
            money=self.money,
            debit_line=self.credit_line,
            credit_line=self.debit_line,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction to be posted.

    :ivar reference: names the transaction, once and for all: it is posted once.
    :ivar effective_at: when it counts; the moment at which it is recorded, unless given.
    :ivar is_pending: the postings reserve only, until another transaction resolves this one.
    :ivar expires_at: when a pending transaction is to be given up.
    :ivar resolves: id of the pending transaction that this one posts (with postings, in full or in
        part) or voids (without).
    :ivar reverses: id of the transaction that this one undoes.
    :ivar source_id: what of ours caused it (`ch_…`); None for what users post.
    :ivar details: what we say of it; `metadata`: what the user says of it.
    """

    postings: tuple[Posting, ...]
    reference: str
    effective_at: datetime | None = None
    is_pending: bool = False
    expires_at: datetime | None = None
    resolves: str | None = None
    reverses: str | None = None
    source_id: str | None = None
    details: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None

    @property
    def is_journal(self) -> bool:
        """Return whether it was given as entries."""
        return bool(self.postings) and self.postings[0].debit_line is not None


def validate_all(drafts: Sequence[Draft]) -> None:
    """Refuse transactions that cannot be posted together.

    :raises InvalidPosting: one is not well-formed: see `validate`.
    :raises AlreadyResolved: two of them resolve the same transaction.
    :raises AlreadyReversed: two of them reverse the same transaction.
    :raises AmountsTooLarge: they move more than is added up at once.
    """
    for draft in drafts:
        validate(draft)
    _check_sum(drafts, param=None)
    # The tables would refuse these, too. But at the second one we would hold what both claim, and
    # wait for the reference of the second if somebody else posts that one: who waits for us.
    first: dict[tuple[str, str], str] = {}
    for draft in drafts:
        if draft.resolves and draft.reference != first.setdefault(
            ("resolves", draft.resolves), draft.reference
        ):
            raise AlreadyResolved("Two of the transactions resolve the same one.")
        if draft.reverses and draft.reference != first.setdefault(
            ("reverses", draft.reverses), draft.reference
        ):
            raise AlreadyReversed("Two of the transactions reverse the same one.")


def validate(draft: Draft) -> None:
    """Refuse what is not well-formed. The tables refuse it too; here the message is better.

    :raises InvalidPosting: see the messages.
    :raises AmountsTooLarge: it moves more than is added up at once.
    """
    if not 0 < len(draft.reference) <= REFERENCE_LENGTH:
        raise InvalidPosting(
            f"A reference has 1 to {REFERENCE_LENGTH} characters.", param="reference"
        )
    if not draft.postings and draft.resolves is None:
        raise InvalidPosting("A transaction has at least one posting.", param="postings")
    if len(draft.postings) > (ENTRIES_MAX if draft.is_journal else POSTINGS_MAX):
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
    _check_sum([draft], param="entries" if draft.is_journal else "postings")


def _check_sum(drafts: Sequence[Draft], *, param: str | None) -> None:
    """Refuse what would be too much for any account, before PostgreSQL adds it up."""
    if sum(posting.money.minor for draft in drafts for posting in draft.postings) > SUM_MAX:
        raise AmountsTooLarge(
            f"What is posted at once comes to at most {SUM_MAX:,} minor units.", param=param
        )


def fingerprint(draft: Draft) -> bytes:
    """Return what is the same for two drafts that move the same money in the same way (32 bytes).

    Metadata and details are left out: they describe, and what a retry computes anew (a date) may
    differ. All but an exchange: at another rate it is another one, even if it comes to the same.
    """
    inputs: list[Any] = [
        [
            [p.debit, p.credit, p.money.minor, p.money.currency, p.debit_line, p.credit_line]
            for p in draft.postings
        ],
        draft.is_pending,
        draft.resolves,
        draft.reverses,
        draft.effective_at.timestamp() if draft.effective_at else None,
        draft.expires_at.timestamp() if draft.expires_at else None,
    ]
    if draft.details and "exchange" in draft.details:
        inputs.append(draft.details["exchange"])
    canonical = json.dumps(inputs, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).digest()


def reversal(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    """Return the postings that undo `postings`, each in its place."""
    return tuple(posting.reversed() for posting in postings)


def minute_of(instant: datetime) -> datetime:
    """Return the end of the minute in which `instant` is: the first whole minute not before it."""
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + timedelta(minutes=1)
