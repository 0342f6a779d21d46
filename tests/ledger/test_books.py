"""Random books against a model in memory: every balance is the sum of its entries, always."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.domain.refusals import AlreadyResolved, InsufficientBalance
from apps.ledger.models import LedgerBalance

WALLETS = [chart.wallet("wal_1"), chart.wallet("wal_2")]
OPEN = [chart.bank_settlement(), chart.platform_fees(), chart.customer_credit("cus_1")]
ON_THE_DEBIT_SIDE = {chart.bank_settlement()}
Sums = Counter[tuple[str, str]]


@dataclass
class Model:
    """What the ledger should say: posted and reserved sums by (code, currency)."""

    debits: Sums = field(default_factory=Counter)
    credits: Sums = field(default_factory=Counter)
    pending_debits: Sums = field(default_factory=Counter)
    pending_credits: Sums = field(default_factory=Counter)

    def with_postings(self, postings, *, pending=False, sign=1):
        """Return the model after `postings`."""
        new = Model(*(Counter(getattr(self, name)) for name in self.__dataclass_fields__))
        debits = new.pending_debits if pending else new.debits
        credits_ = new.pending_credits if pending else new.credits
        for posting in postings:
            debits[posting.debit, posting.money.currency] += sign * posting.money.minor
            credits_[posting.credit, posting.money.currency] += sign * posting.money.minor
        return new

    def is_above_the_floors(self):
        return all(
            self.credits[key] - self.debits[key] - self.pending_debits[key] >= 0
            for key in {*self.credits, *self.debits, *self.pending_debits}
            if key[0] in WALLETS
        )

    def sums(self):
        keys = {*self.debits, *self.credits, *self.pending_debits, *self.pending_credits}
        return {
            key: (
                self.debits[key],
                self.credits[key],
                self.pending_debits[key],
                self.pending_credits[key],
            )
            for key in keys
        }


@st.composite
def postings(draw):
    debit, credit = draw(st.permutations([*WALLETS, *OPEN]))[:2]
    money = Money(draw(st.integers(1, 50)), draw(st.sampled_from(["usd", "jpy"])))
    return Posting(debit=debit, credit=credit, money=money)


drafts = st.builds(
    Draft,
    postings=st.lists(postings(), min_size=1, max_size=4).map(tuple),
    reference=st.just("?"),
    is_pending=st.booleans(),
)
# A draft is posted, or posts or voids the pending transaction of that number.
steps = st.lists(st.tuples(drafts, st.none() | st.integers(0, 3), st.booleans()), max_size=12)


def sums_of_the_rows():
    sums: dict[tuple[str, str], tuple[int, ...]] = {}
    for row in LedgerBalance.objects.select_related("account"):
        key = (row.account.code, row.account.currency)
        more = (
            row.debits_minor,
            row.credits_minor,
            row.pending_debits_minor,
            row.pending_credits_minor,
        )
        sums[key] = tuple(map(sum, zip(sums.get(key, (0,) * 4), more, strict=True)))
    return sums


def play(played):
    """Take the steps in the ledger and in the model, which must agree about each."""
    model, resolved = Model(), set()
    pending: list[tuple[str, tuple[Posting, ...]]] = []
    for number, (draft, resolves, is_void) in enumerate(played):
        moved, target, after = draft.postings, None, model
        if resolves is not None and resolves < len(pending):
            target, held = pending[resolves]
            # What is posted of a pending transaction are some of its postings.
            moved = () if is_void else held[: len(moved)]
            after = after.with_postings(held, pending=True, sign=-1)
        is_pending = draft.is_pending and target is None
        after = after.with_postings(moved, pending=is_pending)
        expected: type[DomainError] | None = None
        if target in resolved:
            expected = AlreadyResolved
        elif not after.is_above_the_floors():
            expected = InsufficientBalance
        details: dict[str, Any] = {
            "reference": f"step:{number}",
            "pending": is_pending,
            "resolves": target,
        }
        if expected is not None:
            with pytest.raises(expected), transaction.atomic():
                services.post(moved, **details)
            continue
        posted = services.post(moved, **details)
        model = after
        if target is not None:
            resolved.add(target)
        if is_pending:
            pending.append((posted.transaction_id, moved))
    return model


@given(played=steps)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_books_agree_with_a_model(book, played):
    outside = transaction.savepoint()
    try:
        model = play(played)
        rows = {key: sums for key, sums in sums_of_the_rows().items() if any(sums)}
        assert rows == {key: sums for key, sums in model.sums().items() if any(sums)}
        balances = queries.balances([*WALLETS, *OPEN])
        for (code, currency), (debits, credits_, *_) in rows.items():
            sign = 1 if code in ON_THE_DEBIT_SIDE else -1
            assert balances[code, currency] == sign * (debits - credits_)
        assert queries.check_drift() == []
    finally:
        transaction.savepoint_rollback(outside)


@given(batch=st.lists(st.lists(postings(), min_size=1, max_size=3), min_size=1, max_size=6))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_batch_is_what_its_transactions_are(book, batch):
    # Without floors: whether one holds is asked about all of a batch, or none of it is posted.
    free = [[posting for posting in one if is_free(posting)] for one in batch]
    model = Model()
    outside = transaction.savepoint()
    try:
        services.post_many(
            [
                Draft(postings=tuple(one), reference=f"batch:{number}")
                for number, one in enumerate(free)
                if one
            ]
        )
        for one in free:
            model = model.with_postings(one)
        assert sums_of_the_rows() == model.sums()
        assert queries.check_drift() == []
    finally:
        transaction.savepoint_rollback(outside)


def is_free(posting):
    return not {posting.debit, posting.credit} & set(WALLETS)
