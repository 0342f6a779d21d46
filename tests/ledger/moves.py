"""What a random book is made of: moves that Hypothesis draws, and the drafts that they become.

A move names accounts and transactions by numbers, so that it means something in any book: the
number is counted around what there is.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import cycle, pairwise
from typing import Any

from hypothesis import strategies as st

from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain import Draft, Kind, Posting, Side, chart, journal
from apps.ledger.domain.journal import Line
from tests.ledger.model import Key, Model, Recorded

CURRENCIES = ("usd", "jpy")
UNKNOWN_ID = "ltx_nothing"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Leg:
    """One posting, to an account from another; seldom from itself, or from none that there is."""

    account: int
    step: int
    minor: int


@dataclass(frozen=True)
class Post:
    """Post `legs`, or reserve them."""

    currency: str
    legs: tuple[Leg, ...]
    hour: int | None
    is_pending: bool
    minute: int | None


@dataclass(frozen=True)
class Journal:
    """Debit some accounts, and credit the others with as much: `minors` cut among them."""

    currency: str
    debits: tuple[int, ...]
    cuts: tuple[int, ...]
    first: int
    is_mixed: bool
    hour: int | None
    is_pending: bool


@dataclass(frozen=True)
class Resolve:
    """Post what a pending transaction holds: `parts` of 4 of each posting of it; or void it."""

    target: int
    parts: tuple[int, ...]
    hour: int | None
    is_turned: bool


@dataclass(frozen=True)
class Reverse:
    """Undo a transaction; badly, if it is not whole."""

    target: int
    hour: int | None
    is_whole: bool


@dataclass(frozen=True)
class Again:
    """Send what has been sent before, with other words; or with its reference alone."""

    target: int
    is_changed: bool


Move = Post | Journal | Resolve | Reverse | Again


def weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return a strategy that takes each of these as often as its weight says."""
    table = [strategy for weight, strategy in choices for _ in range(weight)]
    return st.integers(0, len(table) - 1).flatmap(table.__getitem__)


_hours = st.none() | st.integers(-5, 5)
_targets = st.integers(0, 29)
_floors = st.sampled_from([None, None, 0, -20])
# Small sums, which meet floors from both sides; now and then none at all, or the largest.
_minors = st.integers(1, 64).map(lambda number: {63: 0, 64: MAX_MINOR}.get(number, number))
_legs = st.lists(
    st.builds(Leg, account=st.integers(0, 11), step=st.integers(0, 11), minor=_minors),
    min_size=1,
    max_size=4,
).map(tuple)
_posts = st.builds(
    Post,
    currency=st.sampled_from(CURRENCIES),
    legs=_legs,
    hour=_hours,
    is_pending=st.booleans(),
    minute=st.sampled_from([None, None, -1, 0, 0, 1, 2]),
)
_journals = st.builds(
    Journal,
    currency=st.sampled_from(CURRENCIES),
    debits=st.lists(st.integers(1, 40), min_size=1, max_size=4).map(tuple),
    cuts=st.lists(st.integers(0, 80), max_size=3).map(tuple),
    first=st.integers(0, 11),
    is_mixed=st.booleans(),
    hour=_hours,
    is_pending=st.booleans(),
)
_resolves = st.builds(
    Resolve,
    target=_targets,
    parts=st.sampled_from([(), (4,) * 4, (3, 4, 1, 2), (0, 2, 4), (1,) * 4, (5, 1)]),
    hour=_hours,
    is_turned=st.integers(0, 9).map(lambda number: number == 9),
)
_reversals = st.builds(Reverse, _targets, _hours, st.integers(0, 5).map(lambda number: number < 5))
_repeats = st.builds(Again, _targets, is_changed=st.booleans())
moves: st.SearchStrategy[Move] = weighted(
    (6, _posts), (3, _journals), (5, _resolves), (3, _reversals), (1, _repeats)
)
# What a user may give as a line of a batch.
_user_moves = weighted((6, _posts), (3, _journals), (1, _repeats))


# What else is done with a book.


@dataclass(frozen=True)
class Single:
    """Post one transaction."""

    move: Move


@dataclass(frozen=True)
class Batch:
    """Post some, all or none."""

    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Each:
    """Post some, each on its own, as a user does."""

    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Frozen:
    """Post while the book is frozen."""

    move: Move


@dataclass(frozen=True)
class Open:
    """Open an account that is not of the chart."""

    kind: Kind
    currency: str
    floor_minor: int | None


@dataclass(frozen=True)
class Close:
    """Close an account."""

    account: int


@dataclass(frozen=True)
class ClosePeriod:
    """Close the book before an hour; none: open the last closed period again."""

    hour: int | None


@dataclass(frozen=True)
class Expire:
    """Let a minute be over, in which nothing expires but what this book has pending."""

    minute: int


@dataclass(frozen=True)
class Seal:
    """Seal what is not sealed, at most so many times."""

    count: int


@dataclass(frozen=True)
class Verify:
    """Take so many steps of the verification."""

    count: int


Step = Single | Batch | Each | Frozen | Seal | Verify | Open | Close | ClosePeriod | Expire
steps: st.SearchStrategy[Step] = weighted(
    (10, st.builds(Single, moves)),
    (3, st.builds(Batch, st.lists(moves, min_size=2, max_size=4).map(tuple))),
    (2, st.builds(Each, st.lists(_user_moves, min_size=1, max_size=5).map(tuple))),
    (1, st.builds(Frozen, moves)),
    (1, st.builds(Open, st.sampled_from([*Kind]), st.sampled_from(CURRENCIES), _floors)),
    (1, st.builds(Close, st.integers(0, 29))),
    (1, st.builds(ClosePeriod, st.sampled_from([None, None, -3, -1, 0, 1]))),
    (2, st.builds(Seal, st.integers(1, 3))),
    (1, st.builds(Verify, st.integers(1, 3))),
    (2, st.builds(Expire, st.integers(0, 2))),
)


@dataclass
class Scene:
    """Where moves become drafts.

    :ivar name: begins every code and reference, so that scenes share a book and meet nowhere.
    :ivar noon: whole hours from it are when things count.
    :ivar expiring: in the minutes from it things expire; one before it, and so before now, at once.
    :ivar is_users: only what is a user's is touched, as far as there is a choice.
    """

    name: str
    model: Model
    noon: datetime
    expiring: datetime
    keys: list[Key] = field(default_factory=list)
    drafted: int = 0
    is_users: bool = False

    def at(self, hour: int | None) -> datetime | None:
        """Return the instant of an hour."""
        return None if hour is None else self.noon + hour * HOUR

    def expiry(self, minute: int | None) -> datetime | None:
        """Return an instant of a minute: inside it, or at its end."""
        if minute is None:
            return None
        if minute < 0:
            return self.noon - HOUR
        return self.expiring + timedelta(minutes=minute, seconds=60 if minute else 17)

    @contextmanager
    def as_user(self) -> Iterator[None]:
        """Draft what a user may ask for, inside the block."""
        self.is_users = True
        try:
            yield
        finally:
            self.is_users = False

    def draft(self, move: Move) -> Draft:
        """Return the draft that `move` is here."""
        self.drafted += 1
        reference = f"{self.name}:{self.drafted}"
        match move:
            case Post():
                return Draft(
                    postings=tuple(self._posting(leg, move.currency) for leg in move.legs),
                    reference=reference,
                    effective_at=self.at(move.hour),
                    is_pending=move.is_pending,
                    # What is not pending does not expire: seldom asked for, always refused.
                    expires_at=self.expiry(move.minute if move.is_pending else None),
                )
            case Journal():
                return Draft(
                    postings=journal.to_postings(self.lines(move)),
                    reference=reference,
                    effective_at=self.at(move.hour),
                    is_pending=move.is_pending,
                )
            case Resolve():
                return self._resolving(move, reference)
            case Reverse():
                return self._reversing(move, reference)
            case Again():
                return self._again(move, reference)

    def lines(self, move: Journal) -> list[Line]:
        """Return the entries of a journal: the sum of its debits, cut in pieces, is its credits."""
        codes = self._codes(move.currency)
        codes = [codes[(move.first + number) % len(codes)] for number in range(len(codes))]
        half = len(codes) // 2
        total = sum(move.debits)
        cuts = sorted({0, total, *(cut for cut in move.cuts if cut < total)})
        credited = [after - before for before, after in pairwise(cuts)]

        lines = [
            *_entries(Side.DEBIT, codes[:half], move.debits, currency=move.currency),
            *_entries(Side.CREDIT, codes[half:], credited, currency=move.currency),
        ]
        return [*lines[::2], *lines[1::2]] if move.is_mixed else lines

    def _codes(self, currency: str) -> list[str]:
        return [
            code
            for code, held in self.keys
            if held == currency and not (self.is_users and chart.is_reserved(code))
        ]

    def _posting(self, leg: Leg, currency: str) -> Posting:
        codes = self._codes(currency)
        debit = leg.account % len(codes)
        credit = codes[(debit + 1 + leg.step % (len(codes) - 1)) % len(codes)]
        if leg.step == 11:
            credit = {3: codes[debit], 7: f"nowhere:{self.name}"}.get(leg.account, credit)
        return Posting(debit=codes[debit], credit=credit, money=Money(leg.minor, currency))

    def _target(self, number: int, *found: Sequence[Recorded]) -> Recorded | None:
        """Return a transaction: most often of the first sequence that has any."""
        sequences = found if number < 25 else found[1:] if number < 28 else found[2:]
        of_one = next(filter(None, sequences or found), ())
        return of_one[-1 - number % len(of_one)] if of_one else None

    def _resolving(self, move: Resolve, reference: str) -> Draft:
        """Return a draft that resolves, most often, something that is still pending."""
        everything = [*self.model.transactions.values()]
        pending = [one for one in everything if one.draft.is_pending]
        still = [one for one in pending if one.id not in self.model.resolved]
        target = self._target(move.target, still, pending, everything)
        held = target.draft.postings if target else ()
        postings = tuple(
            replace(posting, money=Money(posting.money.minor * part // 4, posting.money.currency))
            for posting, part in zip(held, move.parts, strict=False)
            if posting.money.minor * part >= 4
        )
        if move.is_turned:
            postings = tuple(posting.reversed() for posting in postings)
        return Draft(
            postings=postings,
            reference=reference,
            effective_at=self.at(move.hour),
            resolves=target.id if target else UNKNOWN_ID,
        )

    def _reversing(self, move: Reverse, reference: str) -> Draft:
        everything = [*self.model.transactions.values()]
        moved = [one for one in everything if one.draft.postings and not one.draft.is_pending]
        whole = [one for one in moved if one.id not in self.model.reversed]
        target = self._target(move.target, whole, moved, everything)
        postings = target.draft.postings if target else ()
        undone = tuple(posting.reversed() for posting in postings)
        if not undone or not move.is_whole:
            debit, credit, *_ = self._codes(CURRENCIES[0])
            undone += (Posting(debit=debit, credit=credit, money=Money(1, CURRENCIES[0])),)
        return Draft(
            postings=undone,
            reference=reference,
            effective_at=self.at(move.hour),
            reverses=target.id if target else UNKNOWN_ID,
        )

    def _again(self, move: Again, reference: str) -> Draft:
        """Return a draft that has been taken, or another one under its reference."""
        everything = [*self.model.transactions.values()]
        if self.is_users:
            everything = [one for one in everything if _is_plain(one.draft)]
        target = self._target(move.target, everything)
        assert target is not None, "A book begins with a transaction."
        again = replace(target.draft, metadata={"said": "again"})
        changed = replace(again, effective_at=self.noon + 9 * HOUR)
        return changed if move.is_changed else again


def _entries(
    side: Side, accounts: list[str], minors: Iterable[int], *, currency: str
) -> Iterator[Line]:
    for code, minor in zip(cycle(accounts), minors):
        yield Line(account=code, side=side, money=Money(minor, currency))


def _is_plain(draft: Draft) -> bool:
    return not draft.resolves and not draft.reverses
