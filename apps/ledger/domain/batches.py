"""Batches: what became of each line, and what can be foreseen of it without asking PostgreSQL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from apps.core.errors import DomainError
from apps.ledger.domain.chart import Side
from apps.ledger.domain.drafting import Plan
from apps.ledger.domain.postings import Draft
from apps.ledger.domain.refusals import Frozen, InsufficientBalance, PeriodClosed, ReferenceReused

LINES_MAX: Final = 10_000
# Of all its lines together: a batch holds the balances of its accounts until all are written.
POSTINGS_MAX: Final = 50_000

# An account, by its code and its currency.
Account = tuple[str, str]


class Mode(StrEnum):
    """Whether a batch is posted as a whole, or each line as if it came by itself."""

    ATOMIC = "atomic"
    EACH = "each"


class LineStatus(StrEnum):
    """What became of a line. `replayed`: its reference had been posted before, by the same."""

    POSTED = "posted"
    REPLAYED = "replayed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line: the id of its transaction, or the refusal."""

    status: LineStatus
    transaction_id: str | None = None
    refusal: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was posted; an outcome for each line, in their order."""

    mode: Mode
    outcomes: Sequence[Outcome]

    def count(self, status: LineStatus) -> int:
        """Return how many lines became this."""
        return sum(outcome.status is status for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Room:
    """How far an account with a floor can still fall; `side` is the one on which it grows."""

    account_id: str
    side: Side
    minor: int


@dataclass(slots=True)
class Forecast:
    """The book as far as it decides which lines are refused, kept up as lines are taken.

    It is exact for as long as nobody else posts. What PostgreSQL says in the end counts all the
    same.

    :ivar fingerprints: of the transactions that are there, by reference.
    :ivar rooms: of the accounts with a floor.
    """

    fingerprints: dict[str, bytes]
    rooms: dict[Account, Room]
    closed_before: datetime | None
    frozen_reason: str | None

    def copied(self) -> "Forecast":
        """Return one that can be tried out."""
        return replace(self, fingerprints=self.fingerprints.copy(), rooms=self.rooms.copy())

    def corrected(self, after: "Forecast", rooms: Mapping[Account, Room]) -> "Forecast":
        """Return what this one would have been, had it been made when the lines were posted.

        :param after: this one, once the lines were taken.
        :param rooms: those that there were then.
        """
        moved = {
            account: after.rooms[account].minor - self.rooms[account].minor for account in rooms
        }
        found = {
            account: replace(room, minor=room.minor - moved[account])
            for account, room in rooms.items()
        }
        return replace(self.copied(), rooms=found)

    def take(self, plan: Plan, fingerprint: bytes) -> DomainError | None:
        """Return why the line is refused; count it as posted if it is not."""
        draft = plan.draft
        known = self.fingerprints.get(draft.reference)
        if known is not None:
            return None if known == fingerprint else _reused(draft)
        changes = changes_of_rooms(draft, self.rooms)
        refusal = plan.objection or self._closed(draft) or self._below(plan, changes)
        if refusal is None:
            self.fingerprints[draft.reference] = fingerprint
            for account, change in changes.items():
                room = self.rooms[account]
                self.rooms[account] = replace(room, minor=room.minor + change)
        return refusal

    def _closed(self, draft: Draft) -> DomainError | None:
        if self.frozen_reason is not None:
            return Frozen(f"The ledger is frozen: {self.frozen_reason}")
        if self.closed_before and draft.effective_at and draft.effective_at < self.closed_before:
            return PeriodClosed(
                f"Nothing can be posted that is effective before {self.closed_before:%Y-%m-%dT%XZ}:"
                " the period is closed.",
                param="effective_at",
            )
        return None

    def _below(self, plan: Plan, changes: Mapping[Account, int]) -> DomainError | None:
        below = [
            self.rooms[account].account_id
            for account, change in changes.items()
            if self.rooms[account].minor + change < 0
        ]
        if not below:
            return None
        # Of several, PostgreSQL comes to the first by its id, and says so.
        return InsufficientBalance(
            "The account would fall below its floor.", param=plan.param_of(min(below))
        )


def changes_of_rooms(draft: Draft, rooms: Mapping[Account, Room]) -> Counter[Account]:
    """Return by how much a transaction changes each room that there is.

    What is reserved to go out is gone; what is reserved to come in is not there yet.
    """
    changes: Counter[Account] = Counter()
    for posting in draft.postings:
        for side, code in ((Side.DEBIT, posting.debit), (Side.CREDIT, posting.credit)):
            account = (code, posting.money.currency)
            room = rooms.get(account)
            if room is None:
                continue
            if side is not room.side:
                changes[account] -= posting.money.minor
            elif not draft.is_pending:
                changes[account] += posting.money.minor
    return changes


def first_reused(
    drafts: Sequence[Draft], prints: Sequence[bytes], known: Mapping[str, bytes]
) -> int | None:
    """Return the first line whose reference names something else, there or in an earlier line."""
    seen = dict(known)
    for place, (draft, fingerprint) in enumerate(zip(drafts, prints, strict=True)):
        if seen.setdefault(draft.reference, fingerprint) != fingerprint:
            return place
    return None


def falls_below(drafts: Sequence[Draft], account: Account, room: Room) -> int | None:
    """Return the line by which an account falls below its floor: for good, or else at all."""
    rooms = {account: room}
    minor = room.minor
    falls: list[int] = []
    is_below = False
    for place, draft in enumerate(drafts):
        minor += changes_of_rooms(draft, rooms)[account]
        if minor < 0 and not is_below:
            falls.append(place)
        is_below = minor < 0
    if not falls:
        return None
    return falls[-1] if is_below else falls[0]


def _reused(draft: Draft) -> ReferenceReused:
    return ReferenceReused(
        f"The reference {draft.reference} names a transaction that moved something else.",
        param="reference",
    )
