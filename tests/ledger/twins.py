"""A ledger and its model: what is done is done to both, and they must answer alike."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import NoneType
from typing import Any

import pytest
from django.db import transaction

from apps.core import clock
from apps.ledger import services
from apps.ledger.domain import Draft, Kind, Posting, journal
from apps.ledger.domain.batches import LineStatus, Mode
from apps.ledger.models import LedgerAccount, LedgerPeriod, LedgerState, LedgerTransaction
from tests.ledger.model import Account, Key, Model, Refusal

MINUTE = timedelta(minutes=1)


@dataclass
class Tally:
    """What a run had in it, so that nobody believes in a run that tried nothing."""

    books: int = 0
    steps: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def count(self, refusal: Refusal | None, otherwise: str) -> None:
        """Count what became of a step."""
        self.outcomes[refusal.__name__ if refusal else otherwise] += 1


@dataclass
class Twins:
    """The ledger of the current environment, and a model that knows some of its accounts."""

    model: Model
    tally: Tally

    def post(self, drafts: Sequence[Draft]) -> bool:
        """Post drafts, all or none; return whether they are taken."""
        expected = self.model.refusal(drafts, moment=clock.now())
        self.tally.count(expected, "taken")
        with refused_by(expected), transaction.atomic():
            posted = services.post_many(drafts)
        if expected is not None:
            return False
        seen = set(self.model.references)
        for draft, one in zip(drafts, posted, strict=True):
            assert one.is_new is (draft.reference not in seen)
            seen.add(draft.reference)
        self.record(drafts)
        return True

    def post_each(self, drafts: Sequence[Draft]) -> None:
        """Post lines of a user's, each on its own: as if they came one after the other."""
        now = clock.now()
        lines = [line_of(draft) for draft in drafts]
        batch = services.post_batch(lines=lines, mode=Mode.EACH, now=now)
        for draft, outcome in zip(drafts, batch.outcomes, strict=True):
            expected = self.model.refusal_of_line(draft, moment=now)
            self.tally.count(expected, "taken on its own")
            assert type(outcome.refusal) is (expected or NoneType)
            if expected is None:
                is_new = draft.reference not in self.model.references
                assert outcome.status is (LineStatus.POSTED if is_new else LineStatus.REPLAYED)
                self.record([draft])

    def expire(self, *, minute: datetime) -> None:
        """Let the minute be over that ends at `minute`."""
        given_up = [
            Draft((), reference=f"expire:{one.id}", resolves=one.id)
            for one in self.model.transactions.values()
            if (expires_at := one.draft.expires_at)
            and minute - MINUTE < expires_at <= minute
            and one.id not in self.model.resolved
        ]
        assert services.run_expiry(minute=minute) == len(given_up)
        self.record(given_up)
        self.tally.outcomes["expired"] += len(given_up)

    def record(self, drafts: Sequence[Draft]) -> None:
        """Tell the model what the ledger has taken, and when."""
        found = LedgerTransaction.objects.in_bulk(
            [draft.reference for draft in drafts], field_name="reference"
        )
        for draft in drafts:
            row = found[draft.reference]
            if draft.reference not in self.model.references:
                assert row.effective_at == self.model.effective_at(draft, now=row.created_at)
                self.model.record(draft, as_id=row.pk, created_at=row.created_at)
            assert self.model.references[draft.reference].id == row.pk

    def open(self, code: str, currency: str, *, kind: Kind, floor_minor: int | None) -> Key:
        """Open an account of a user's."""
        given = {"code": code, "currency": currency, "kind": kind.value, "floor": floor_minor}
        services.open_account(given=given, now=clock.now())
        self.model.accounts[code, currency] = Account(kind, floor_minor)
        return code, currency

    def close(self, key: Key) -> None:
        """Close an account."""
        code, currency = key
        account = LedgerAccount.objects.get(code=code, currency=currency)
        expected = self.model.refusal_to_close(key)
        with refused_by(expected):
            services.close_account(account.pk, now=clock.now())
        self.model.accounts[key].is_closed |= expected is None
        self.tally.count(expected, "closed")

    def close_period(self, ends_at: datetime) -> None:
        """Close the book before an instant."""
        now = clock.now()
        expected = self.model.refusal_to_end(ends_at, now=now)
        with refused_by(expected):
            services.close_period(ends_at=ends_at, now=now)
        if expected is None and ends_at not in self.model.period_ends:
            self.model.period_ends.append(ends_at)
        self.tally.count(expected, "period closed")

    def reopen_period(self) -> None:
        """Open the last closed period again, if there is one."""
        if self.model.period_ends:
            last = LedgerPeriod.objects.get(ends_at=self.model.period_ends.pop(), reopened_at=None)
            services.reopen_period(period_id=last.pk, reason="A test.", now=clock.now())

    def seal(self) -> None:
        """Seal some postings: nobody is to notice."""
        services.seal_step(now=clock.now())

    def verify(self) -> None:
        """Take a step of the verification, which has nothing to find."""
        verification = services.verify_step(now=clock.now())
        assert verification is not None
        assert verification.findings == []

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the book inside the block."""
        LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="A test.")
        self.model.is_frozen = True
        try:
            yield
        finally:
            LedgerState.objects.update(frozen_at=None, frozen_reason="")
            self.model.is_frozen = False


@contextmanager
def refused_by(expected: Refusal | None) -> Iterator[None]:
    """Expect a refusal of exactly this kind inside the block, or none."""
    if expected is None:
        yield
        return
    with pytest.raises(expected) as refused:
        yield
    assert type(refused.value) is expected


def line_of(draft: Draft) -> dict[str, Any]:
    """Return what a user gives for `draft`."""
    given: dict[str, Any] = {"reference": draft.reference, "pending": draft.is_pending}
    for name in ("effective_at", "expires_at"):
        if (instant := getattr(draft, name)) is not None:
            given[name] = instant
    if draft.is_journal:
        return given | {"entries": [_entry_of(one) for one in journal.to_lines(draft.postings)]}
    return given | {"postings": [_posting_of(one) for one in draft.postings]}


def _entry_of(line: journal.Line) -> dict[str, Any]:
    return {
        "account": line.account,
        "direction": line.side.value,
        "amount": line.money.minor,
        "currency": line.money.currency,
    }


def _posting_of(posting: Posting) -> dict[str, Any]:
    return {
        "debit": posting.debit,
        "credit": posting.credit,
        "amount": posting.money.minor,
        "currency": posting.money.currency,
    }
