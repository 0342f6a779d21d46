"""Many writers at once who do whatever comes to their minds, and an account of what they were told.

Nobody may be told of a deadlock, no account may fall below its floor at any moment, and in the end
there is what was acknowledged, once, and nothing else.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from django.db import connection, transaction
from django.db.models import Q

from apps.core import clock
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Kind, Posting, chart
from apps.ledger.domain.batches import Mode
from apps.ledger.domain.refusals import (
    AccountClosed,
    AccountHasPending,
    AlreadyResolved,
    AlreadyReversed,
    InsufficientBalance,
    PeriodClosed,
    PeriodInvalid,
)
from apps.ledger.models import LedgerAccount, LedgerTransaction
from tests.ledger.told import Told, assert_is_all
from tests.ledger.twins import line_of
from tests.races import at_once

# What others are in the way of is told by its name.
EXPECTED = (
    AccountClosed,
    AccountHasPending,
    AlreadyResolved,
    AlreadyReversed,
    InsufficientBalance,
    PeriodClosed,
    PeriodInvalid,
)
CURRENCY = "usd"
DAY = timedelta(days=1)


class Acts:
    """What a writer may do: to few accounts, some of them hot, some with floors."""

    def __init__(self, *, name: str, seed: int, writers: int, turns: int) -> None:
        self.name, self.seed, self.writers, self.turns = name, seed, writers, turns
        self.told = Told()
        self.begun_at = clock.now()
        self.minute = self.begun_at.replace(second=0, microsecond=0) + DAY
        self.at_work = writers
        self.reversals: list[Draft] = []
        self.floored = [self._open(f"floor{n}", Kind.LIABILITY, 0) for n in range(4)]
        self.hot = [self._open("till", Kind.ASSET, None), self._open("sales", Kind.REVENUE, None)]
        self.spare = [self._open(f"spare{n}", Kind.EQUITY, None) for n in range(writers // 2)]

    def _single(self, chance: random.Random, reference: str) -> None:
        self._post([self._draw(chance, reference)])

    def _batch(self, chance: random.Random, reference: str) -> None:
        size = chance.randint(2, 6)
        self._post([self._draw(chance, f"{reference}:{place}") for place in range(size)])

    def _each(self, chance: random.Random, reference: str) -> None:
        """Post lines, each on its own; among them what others are sending."""
        drafts = [self._draw(chance, f"{reference}:{n}", is_users=True) for n in range(4)]
        self.told.send(drafts)
        drafts += [one for one in self.told.latest_sent() if is_users(one)][-4:]
        chance.shuffle(drafts)
        lines = [line_of(one) for one in drafts]
        batch = services.post_batch(lines=lines, mode=Mode.EACH, now=clock.now())
        for one, outcome in zip(drafts, batch.outcomes, strict=True):
            if outcome.transaction_id is not None:
                self.told.take(outcome.transaction_id, one)
            else:
                assert isinstance(outcome.refusal, EXPECTED), outcome.refusal
                self.told.count(f"line: {type(outcome.refusal).__name__}")

    def _resolve(self, chance: random.Random, reference: str) -> None:
        """Post or void something pending, as others do at this moment."""
        if pending := self.told.latest_taken(is_pending=True):
            target, held = chance.choice(pending)
            postings = chance.choice([(), held.postings, held.postings[:1]])
            self._post([Draft(postings, reference=reference, resolves=target)])

    def _reverse(self, chance: random.Random, reference: str) -> None:
        if self.reversals and chance.random() < 0.5:
            # What somebody has reversed, or is reversing at this moment.
            self._post([replace(self.reversals[-1], reference=reference)])
        elif posted := self.told.latest_taken(is_pending=False):
            target, one = chance.choice(posted)
            undone = tuple(posting.reversed() for posting in one.postings)
            reversal = Draft(undone, reference=reference, reverses=target)
            self.reversals.append(reversal)
            self._post([reversal])

    def _again(self, chance: random.Random, _reference: str) -> None:
        """Send what others are sending, alone or several at once."""
        latest = self.told.latest_sent()
        self._post(chance.sample(latest, min(len(latest), chance.randint(1, 3))))

    def _close(self, chance: random.Random, _reference: str) -> None:
        account = LedgerAccount.objects.get(code=chance.choice(self.spare))
        services.close_account(account.pk, now=clock.now())
        self.told.count("closed")

    def _expire(self, _chance: random.Random, _reference: str) -> None:
        self.told.count("expired", services.run_expiry(minute=self.minute))

    def _end_period(self, chance: random.Random, _reference: str) -> None:
        ends_at = self.begun_at - chance.randint(1, 48) * DAY / 24
        services.close_period(ends_at=ends_at, now=clock.now())
        self.told.count("period closed")

    def _seal(self, _chance: random.Random, _reference: str) -> None:
        if services.seal_step(now=clock.now()) is not None:
            self.told.count("sealed")

    def _verify(self, _chance: random.Random, _reference: str) -> None:
        """Take a step of the verification, unless somebody else does."""
        verification = services.verify_step(now=clock.now())
        if verification is not None:
            assert verification.findings == []
            self.told.count("verified")

    def _post(self, drafts: Sequence[Draft]) -> None:
        self.told.send(drafts)
        with transaction.atomic():
            posted = services.post_many(drafts)
        for one, outcome in zip(drafts, posted, strict=True):
            self.told.take(outcome.transaction_id, one)

    def _open(self, name: str, kind: Kind, floor_minor: int | None) -> str:
        code = f"{self.name}-{name}"
        given = {"code": code, "currency": CURRENCY, "kind": kind.value, "floor": floor_minor}
        services.open_account(given=given, now=clock.now())
        return code

    def _draw(self, chance: random.Random, reference: str, *, is_users: bool = False) -> Draft:
        codes = [*self.floored, *self.hot, *chance.sample(self.spare, 2)]
        if not is_users:
            # An account of the chart that others open at this moment.
            turn = reference.split(":")[2]
            codes.append(chart.customer_credit(f"{self.name}_{turn}"))
        chosen = chance.sample(codes, chance.randint(2, 5))
        is_pending = chance.random() < 0.3
        return replace(
            draft(
                reference,
                [(debit, credit, chance.randint(1, 40)) for debit, credit in pairwise(chosen)],
            ),
            effective_at=chance.choice([None, None, None, self.begun_at - DAY]),
            is_pending=is_pending,
            expires_at=self.minute if is_pending and chance.random() < 0.5 else None,
        )


class Mixture(Acts):
    """Writers on few accounts, some of which are opened or closed meanwhile.

    :ivar turns: how often each writer does something.
    """

    def run(self) -> None:
        """Let everybody write and somebody watch, and compare what there is in the end."""
        self._post(
            [draft(f"{self.name}:begin", [(self.hot[0], code, 300) for code in self.floored])]
        )
        outcomes = at_once(*[self._writer(n) for n in range(self.writers)], self._watch)
        assert [one for one in outcomes if one is not None] == []
        self._compare()

    def _writer(self, number: int) -> Callable[[], None]:
        chance = random.Random(f"{self.seed}:{number}")
        # What meets others comes often; what takes locks of its own, seldom.
        often = (self._single, self._batch, self._each, self._resolve, self._reverse, self._again)
        acts = [*often * 4, self._close, self._expire, self._end_period, self._seal, self._verify]

        def write() -> None:
            # On a machine that is busy with something else, all this may take its time.
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '60s'")
            try:
                for turn in range(self.turns):
                    try:
                        chance.choice(acts)(chance, f"{self.name}:{number}:{turn}")
                    except EXPECTED as refusal:
                        self.told.count(type(refusal).__name__)
            finally:
                with self.told.lock:
                    self.at_work -= 1

        return write

    def _watch(self) -> None:
        """Look at the floors and at the whole book until nobody writes any more."""
        while self.at_work:
            rows = queries.with_sums(LedgerAccount.objects.filter(code__in=self.floored))
            assert all(queries.balance_of(row).available_minor >= 0 for row in rows)
            assert queries.check_drift() == []

    def _compare(self) -> None:
        """Compare what there is with what was acknowledged, and with what has expired."""
        taken = self.told.taken
        found = LedgerTransaction.objects.filter(
            Q(reference__startswith=f"{self.name}:") | Q(resolves__in=[*taken])
        )
        expired = {
            one.id: Draft((), reference=one.reference, resolves=one.resolves_id)
            for one in found.filter(reference__startswith="expire:")
        }
        assert self.told.outcomes["expired"] == len(expired)
        assert_is_all(found, taken | expired)
        verification = services.verify_round(now=clock.now())
        assert (verification.state, verification.findings) == ("ok", [])


def draft(reference: str, moved: Sequence[tuple[str, str, int]]) -> Draft:
    """Return the draft of what is moved: (debit, credit, minor units)."""
    return Draft(
        tuple(Posting(debit=a, credit=b, money=Money(n, CURRENCY)) for a, b, n in moved),
        reference=reference,
    )


def is_users(one: Draft) -> bool:
    """Return whether a user could give it as a line of a batch."""
    codes = {code for posting in one.postings for code in (posting.debit, posting.credit)}
    return not (one.resolves or one.reverses or any(map(chart.is_reserved, codes)))
