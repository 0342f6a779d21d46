"""The ledger told a second time, in memory: what it refuses, and what there is after what it takes.

Plain on purpose: nothing is kept up to date, every number is a sum over all entries ever recorded.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from apps.core.errors import DomainError
from apps.core.money import MAX_MINOR
from apps.ledger.domain import Draft, Kind, Posting, chart
from apps.ledger.domain.refusals import (
    AccountClosed,
    AccountHasPending,
    AccountMissing,
    AccountReserved,
    AlreadyResolved,
    AlreadyReversed,
    EffectiveTooEarly,
    ExceedsPending,
    ExpiryInvalid,
    Frozen,
    InsufficientBalance,
    InvalidPosting,
    NotPending,
    NotPosted,
    PendingExpired,
    PeriodClosed,
    PeriodInvalid,
    ReferenceReused,
    TransactionMissing,
)

Key = tuple[str, str]
"""An account: its code, its currency."""
Refusal = type[DomainError]
MINUTE = timedelta(minutes=1)


@dataclass
class Account:
    """An account, and what has been entered in it."""

    kind: Kind
    floor_minor: int | None = None
    is_closed: bool = False
    entries: list["Entry"] = field(default_factory=list)

    @property
    def sign(self) -> int:
        """Return 1 for an account that grows by debits, and -1 for the others."""
        return 1 if self.kind in (Kind.ASSET, Kind.EXPENSE) else -1


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting. A release has negative amounts, on the pending side."""

    transaction_id: str
    debit: int
    credit: int
    is_pending: bool
    effective_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sums:
    """What has gone through an account, in minor units; `count` is of entries."""

    debits: int = 0
    credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0
    count: int = 0

    def seen(self, sign: int) -> "Seen":
        """Return what they mean in an account whose direction is `sign`."""
        posted = sign * (self.debits - self.credits)
        pending = (self.pending_debits, self.pending_credits)
        pending_in, pending_out = pending if sign == 1 else pending[::-1]
        return Seen(posted, pending_in, pending_out, available=posted - pending_out)


class Seen(NamedTuple):
    """What an account has, in the direction in which it grows. Floors are about `available`."""

    posted: int
    pending_in: int
    pending_out: int
    available: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A transaction that the ledger has taken."""

    id: str
    draft: Draft
    effective_at: datetime
    created_at: datetime


@dataclass
class Book:
    """All that a ledger has taken.

    :ivar openable: the accounts that the first posting to them opens, as they are then.
    :ivar is_asked_each: floors are asked about after each transaction of a batch, not after all.
    """

    is_asked_each: bool
    openable: dict[Key, Account] = field(default_factory=dict)
    accounts: dict[Key, Account] = field(default_factory=dict)
    transactions: dict[str, Recorded] = field(default_factory=dict)
    references: dict[str, Recorded] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    reversed: set[str] = field(default_factory=set)
    period_ends: list[datetime] = field(default_factory=list)
    is_frozen: bool = False

    @property
    def closed_before(self) -> datetime | None:
        """Return the end of the last closed period."""
        return self.period_ends[-1] if self.period_ends else None

    def record(self, draft: Draft, *, as_id: str, created_at: datetime) -> None:
        """Take a draft that is new and not refused, under the id that the ledger gave it."""
        effective_at = self.effective_at(draft, now=created_at)
        recorded = Recorded(as_id, draft, effective_at, created_at)
        self.transactions[as_id] = self.references[draft.reference] = recorded
        if draft.resolves:
            self.resolved.add(draft.resolves)
        if draft.reverses:
            self.reversed.add(draft.reverses)
        for key, debit, credit, is_pending in self._sides(draft):
            self.account(key).entries.append(
                Entry(as_id, debit, credit, is_pending, effective_at, created_at)
            )

    def effective_at(self, draft: Draft, *, now: datetime) -> datetime:
        """Return when `draft` counts: not before what it resolves does."""
        resolved = self.transactions.get(draft.resolves or "")
        effective_at = draft.effective_at or now
        return max(effective_at, resolved.effective_at) if resolved else effective_at

    def account(self, key: Key) -> Account:
        """Return an account; it is open from now on, if it is one that opens by itself."""
        if key not in self.accounts:
            self.accounts[key] = self.openable[key]
        return self.accounts[key]

    def sums(
        self, key: Key, *, before: datetime | None = None, known_before: datetime | None = None
    ) -> Sums:
        """Return the sums of an account.

        :param before: of what was effective before it; `known_before`: of what had been recorded.
        """
        return _total(
            entry
            for entry in self.accounts[key].entries
            if (before is None or entry.effective_at < before)
            and (known_before is None or entry.created_at < known_before)
        )

    def _sides(self, draft: Draft) -> Iterator[tuple[Key, int, int, bool]]:
        """Yield (account, debit, credit, whether it is on the pending side) of every entry."""
        if draft.resolves:
            for key, debit, credit, _ in _given_sides(self.transactions[draft.resolves].draft):
                yield key, -debit, -credit, True
        yield from _given_sides(draft)


class Model(Book):
    """A book, and what the ledger says to whoever wants to write to it."""

    def refusal(self, drafts: Sequence[Draft], *, moment: datetime) -> Refusal | None:
        """Return why the ledger refuses `drafts`, given as one batch; None: it takes them."""
        claimed = self._claimed(drafts)
        new = [draft for draft in drafts if any(draft is one for one in claimed)]
        objections: Iterator[Refusal] = chain(
            (InvalidPosting for draft in drafts if not _is_well_formed(draft)),
            _claimed_twice(drafts),
            self._claimed_before(claimed),
            self._reused(drafts, new),
            self._missing(new),
            chain.from_iterable(self._unlinked(draft, moment) for draft in new),
            self._not_projected(new, moment),
        )
        return next(objections, None)

    def refusal_of_line(self, draft: Draft, *, moment: datetime) -> Refusal | None:
        """Return why a user is refused `draft`, given as a line of a batch, each on its own."""
        for (code, currency), *_ in _given_sides(draft):
            if chart.is_reserved(code):
                return AccountReserved
            if (code, currency) not in self.accounts:
                return AccountMissing
        if draft.reference not in self.references and _is_well_formed(draft):
            if any(self.accounts[key].is_closed for key, *_ in _given_sides(draft)):
                return AccountClosed
            if draft.expires_at and draft.expires_at <= moment:
                return ExpiryInvalid
        return self.refusal([draft], moment=moment)

    def refusal_to_close(self, key: Key) -> Refusal | None:
        """Return why an account cannot be closed; None: it can, or it is."""
        sums = self.sums(key)
        is_pending = sums.pending_debits or sums.pending_credits
        return AccountHasPending if is_pending and not self.accounts[key].is_closed else None

    def refusal_to_end(self, ends_at: datetime, *, now: datetime) -> Refusal | None:
        """Return why a period cannot be closed; None: it can, or it is."""
        is_late = self.closed_before is None or ends_at > self.closed_before
        return (
            PeriodInvalid
            if ends_at > now - MINUTE or (not is_late and ends_at not in self.period_ends)
            else None
        )

    def _claimed(self, drafts: Iterable[Draft]) -> list[Draft]:
        """Return the drafts whose references nobody has used, in the order in which they claim.

        Of a reference that is given twice, the first one claims it.
        """
        first: dict[str, Draft] = {}
        for draft in sorted(
            drafts, key=lambda d: (d.resolves or "", d.reverses or "", d.reference)
        ):
            first.setdefault(draft.reference, draft)
        return [draft for reference, draft in first.items() if reference not in self.references]

    def _claimed_before(self, claimed: Iterable[Draft]) -> Iterator[Refusal]:
        resolved, reversed_ = set(self.resolved), set(self.reversed)
        for draft in claimed:
            if draft.resolves in resolved:
                yield AlreadyResolved
            if draft.reverses in reversed_:
                yield AlreadyReversed
            if draft.resolves:
                resolved.add(draft.resolves)
            if draft.reverses:
                reversed_.add(draft.reverses)

    def _reused(self, drafts: Iterable[Draft], new: Iterable[Draft]) -> Iterator[Refusal]:
        named = {reference: one.draft for reference, one in self.references.items()}
        named |= {draft.reference: draft for draft in new}
        for draft in drafts:
            if _movement(draft) != _movement(named[draft.reference]):
                yield ReferenceReused

    def _missing(self, new: Iterable[Draft]) -> Iterator[Refusal]:
        for draft in new:
            for key, *_ in _given_sides(draft):
                if key not in self.accounts and key not in self.openable:
                    yield AccountMissing

    def _unlinked(self, draft: Draft, moment: datetime) -> Iterator[Refusal]:
        """Yield what is wrong with what `draft` resolves or reverses."""
        given = _by_pair(draft.postings)
        if draft.resolves:
            target = self.transactions.get(draft.resolves)
            if target is None or not target.draft.is_pending:
                yield NotPending
                return
            # An instant that is given stands for its second.
            if draft.effective_at and draft.effective_at < target.effective_at.replace(
                microsecond=0
            ):
                yield EffectiveTooEarly
            expires_at = target.draft.expires_at
            if draft.postings and expires_at and expires_at <= moment:
                yield PendingExpired
            reserved = _by_pair(target.draft.postings)
            if any(minor > reserved[pair] for pair, minor in given.items()):
                yield ExceedsPending
        if draft.reverses:
            target = self.transactions.get(draft.reverses)
            if target is None:
                yield TransactionMissing
                return
            if target.draft.is_pending or not target.draft.postings:
                yield NotPosted
            if given != _by_pair(posting.reversed() for posting in target.draft.postings):
                yield InvalidPosting

    def _not_projected(self, new: Sequence[Draft], moment: datetime) -> Iterator[Refusal]:
        """Yield what the accounts have against it: first what they do not take, then floors."""
        after = {key: self.sums(key) for key in self.accounts}
        for asked in [[draft] for draft in new] if self.is_asked_each else [new]:
            touched: set[Key] = set()
            for draft in asked:
                for key, debit, credit, is_pending in self._sides(draft):
                    if refusal := self._shut(key, self.effective_at(draft, now=moment)):
                        yield refusal
                    touched.add(key)
                    after[key] = _plus(after.get(key, Sums()), debit, credit, is_pending)
            for key in touched:
                account = self.accounts.get(key) or self.openable[key]
                floor = account.floor_minor
                if floor is not None and after[key].seen(account.sign).available < floor:
                    yield InsufficientBalance

    def _shut(self, key: Key, effective_at: datetime) -> Refusal | None:
        if self.is_frozen:
            return Frozen
        if self.closed_before is not None and effective_at < self.closed_before:
            return PeriodClosed
        if key in self.accounts and self.accounts[key].is_closed:
            return AccountClosed
        return None


def _given_sides(draft: Draft) -> Iterator[tuple[Key, int, int, bool]]:
    for posting in draft.postings:
        minor, currency = posting.money.minor, posting.money.currency
        yield (posting.debit, currency), minor, 0, draft.is_pending
        yield (posting.credit, currency), 0, minor, draft.is_pending


def _is_well_formed(draft: Draft) -> bool:
    return (
        all(p.debit != p.credit and 0 < p.money.minor <= MAX_MINOR for p in draft.postings)
        and bool(draft.postings or draft.resolves)
        and not (draft.is_pending and (draft.resolves or draft.reverses))
        and (draft.is_pending or draft.expires_at is None)
    )


def _claimed_twice(drafts: Iterable[Draft]) -> Iterator[Refusal]:
    resolved: dict[str, str] = {}
    reversed_: dict[str, str] = {}
    for draft in drafts:
        if (
            draft.resolves
            and resolved.setdefault(draft.resolves, draft.reference) != draft.reference
        ):
            yield AlreadyResolved
        if (
            draft.reverses
            and reversed_.setdefault(draft.reverses, draft.reference) != draft.reference
        ):
            yield AlreadyReversed


def _movement(draft: Draft) -> tuple[object, ...]:
    """Return what the same reference must say again."""
    return (
        draft.postings,
        draft.is_pending,
        draft.effective_at,
        draft.expires_at,
        draft.resolves,
        draft.reverses,
    )


def _by_pair(postings: Iterable[Posting]) -> Counter[tuple[str, str, str]]:
    sums: Counter[tuple[str, str, str]] = Counter()
    for posting in postings:
        sums[posting.debit, posting.credit, posting.money.currency] += posting.money.minor
    return sums


def _plus(sums: Sums, debit: int, credit: int, is_pending: bool) -> Sums:
    pending = 1 if is_pending else 0
    return Sums(
        debits=sums.debits + debit * (1 - pending),
        credits=sums.credits + credit * (1 - pending),
        pending_debits=sums.pending_debits + debit * pending,
        pending_credits=sums.pending_credits + credit * pending,
        count=sums.count + 1,
    )


def _total(entries: Iterable[Entry]) -> Sums:
    total = Sums()
    for entry in entries:
        total = _plus(total, entry.debit, entry.credit, entry.is_pending)
    return total
