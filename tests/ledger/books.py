"""Random books: a machine that takes steps in a ledger and in the model, and compares the two."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate, count

import hypothesis
import pytest
from django.db.models import Sum
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.core import clock
from apps.core.money import Money
from apps.ledger import queries
from apps.ledger.domain import Draft, Kind, Posting, Projection, chart, journal
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerTransaction
from apps.ledger.queries import EntryFilter
from apps.ledger.services import sealing
from tests.ledger.model import Account, Key, Model, Sums
from tests.ledger.moves import (
    CURRENCIES,
    HOUR,
    Batch,
    Close,
    ClosePeriod,
    Each,
    Expire,
    Frozen,
    Journal,
    Move,
    Open,
    Scene,
    Seal,
    Single,
    Step,
    Verify,
    steps,
)
from tests.ledger.twins import MINUTE, Tally, Twins

STEPS = 40
ACCOUNTS_MAX = 16
ENTRIES_MAX = 1_000
SECOND = timedelta(seconds=1)

_numbers = count(1)


class Books(RuleBasedStateMachine):
    """The steps. Books share an environment, and neither accounts nor references."""

    def __init__(self, *, projection: Projection, tally: Tally) -> None:
        super().__init__()
        tally.books += 1
        number = next(_numbers)
        now = clock.now()
        name = f"b{number}"
        self.model = Model(
            is_asked_each=projection is Projection.ROW, openable=accounts_of_the_chart(name)
        )
        self.twins = Twins(self.model, tally)
        self.scene = Scene(
            name=name,
            model=self.model,
            noon=now - SECOND,
            expiring=now.replace(second=0, microsecond=0) + number * HOUR,
            keys=[*self.model.openable],
        )
        self.steps = 0
        self.taken_before = LedgerTransaction.objects.count()

    @initialize()
    def begin(self) -> None:
        """Open accounts of a user's, and give those with a floor something to lose."""
        for currency in CURRENCIES:
            self._open(Open(Kind.ASSET, currency, None))
            self._open(Open(Kind.LIABILITY, currency, 0))
            self._open(Open(Kind.EQUITY, currency, -20))
        giver = chart.processor_receivable(self.scene.name)
        postings = tuple(
            Posting(debit=giver, credit=code, money=Money(100, currency))
            for code, currency in self.scene.keys
            if code != giver
        )
        assert self.twins.post([Draft(postings, reference=f"{self.scene.name}:0")])

    # One rule: of several, Hypothesis leaves most out of most books.
    @rule(step=steps)
    def take(self, step: Step) -> None:
        """Take a step in both."""
        match step:
            case Single() | Batch() | Each() | Frozen():
                self._post(step)
            case Open():
                self._open(step)
            case Close(number):
                own = self.scene.keys[len(self.model.openable) :]
                self.twins.close(own[number % len(own)])
            case ClosePeriod(hour) if hour is not None:
                self.twins.close_period(self.scene.noon + hour * HOUR)
            case ClosePeriod():
                self.twins.reopen_period()
            case Expire(minute):
                self.twins.expire(minute=self.scene.expiring + (minute + 1) * MINUTE)
            case Seal(times) | Verify(times):
                act = self.twins.seal if isinstance(step, Seal) else self.twins.verify
                for _ in range(times):
                    act()

    @invariant()
    def both_say_the_same(self) -> None:
        """Compare every account."""
        self.steps += 1
        self.twins.tally.steps += 1
        accounts = self.model.accounts
        assert sums_of(self.scene.keys) == {key: self.model.sums(key) for key in accounts}
        assert queries.balances([code for code, _ in accounts]) == {
            key: self.model.sums(key).seen(account.sign).posted for key, account in accounts.items()
        }
        taken = LedgerTransaction.objects.count() - self.taken_before
        assert taken == len(self.model.transactions)

    @invariant()
    def both_said_the_same(self) -> None:
        """Compare two accounts as they were at an instant, as they were known at another."""
        chosen = random.Random(self.steps)
        instants = [
            instant + nudge
            for one in self.model.transactions.values()
            for instant in (one.effective_at, one.created_at)
            for nudge in (timedelta(0), timedelta(microseconds=1))
        ]
        accounts = accounts_of(self.scene.keys)
        for account in chosen.sample(accounts, min(len(accounts), 2)):
            before = chosen.choice([None, *instants, *instants])
            known_before = chosen.choice([None, *instants])
            assert_said_alike(self.model, account, before=before, known_before=known_before)

    def teardown(self) -> None:
        """Compare every entry, check the whole book, and leave it open for the next one."""
        for account in accounts_of(self.scene.keys):
            assert_same_entries(self.model, account)
        while self.model.period_ends:
            self.twins.reopen_period()
        assert queries.check_drift() == []

    def _post(self, step: Single | Batch | Each | Frozen) -> None:
        match step:
            case Single(move):
                self._post_one(move)
            case Batch(moves):
                self.twins.post([self.scene.draft(move) for move in moves])
            case Each(moves):
                with self.scene.as_user():
                    drafts = [self.scene.draft(move) for move in moves]
                self.twins.post_each(drafts)
            case Frozen(move):
                with self.twins.frozen():
                    self._post_one(move)

    def _post_one(self, move: Move) -> None:
        """Post one transaction. A journal reads back as it was given."""
        draft = self.scene.draft(move)
        if self.twins.post([draft]) and isinstance(move, Journal):
            recorded = self.model.references[draft.reference]
            assert journal.to_lines(postings_of(recorded.id)) == self.scene.lines(move)

    def _open(self, step: Open) -> None:
        keys = self.scene.keys
        if len(keys) < ACCOUNTS_MAX:
            code = f"own:{self.scene.name}:{len(keys)}"
            opened = self.twins.open(
                code, step.currency, kind=step.kind, floor_minor=step.floor_minor
            )
            keys.append(opened)


def play(seed: int, *, projection: Projection, tally: Tally, is_shrunk: bool = False) -> None:
    """Play ten books in the current environment, the same ones for the same seed.

    Not more: after the tenth Hypothesis would rather vary the ones it has than invent others.

    :param is_shrunk: look, for minutes, for a shorter book that fails.
    """
    phases = [hypothesis.Phase.generate, hypothesis.Phase.shrink]

    def begin() -> Books:
        return Books(projection=projection, tally=tally)

    run_state_machine_as_test(
        hypothesis.seed(seed)(begin),  # type: ignore[arg-type]  # whatever makes a machine will do
        settings=hypothesis.settings(
            max_examples=10,
            stateful_step_count=STEPS,
            phases=phases if is_shrunk else phases[:1],
            database=None,
            deadline=None,
            suppress_health_check=[*hypothesis.HealthCheck],
        ),
    )


def shrink_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal few postings at a time, and take a snapshot of every few entries."""
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 20)
    monkeypatch.setattr(sealing, "ENTRIES_PER_INTERVAL", 2)


def assert_said_alike(
    model: Model,
    account: LedgerAccount,
    *,
    before: datetime | None,
    known_before: datetime | None,
) -> None:
    """Compare what both say that an account had."""
    key = (account.code, account.currency)
    found = queries.balance_at(
        account,
        # An instant is its whole second.
        at=before and before - SECOND,
        known_at=known_before and known_before - SECOND,
    )
    said = model.sums(key, before=before, known_before=known_before)
    assert (
        found.posted_minor,
        found.pending_in_minor,
        found.pending_out_minor,
        found.available_minor,
    ) == said.seen(model.accounts[key].sign)
    assert found.pending_in_minor >= 0
    assert found.pending_out_minor >= 0


def assert_same_entries(model: Model, account: LedgerAccount) -> None:
    """Compare the entries of an account, with its balance after each."""
    key = (account.code, account.currency)
    sign = model.accounts[key].sign
    # In the order in which they count; what counts at the same instant, as it was recorded.
    expected = sorted(model.accounts[key].entries, key=lambda entry: entry.effective_at)
    moved = [sign * (entry.debit - entry.credit) for entry in expected]
    posted = [
        0 if entry.is_pending else minor for entry, minor in zip(expected, moved, strict=True)
    ]
    found = queries.list_account_entries(account, wanted=EntryFilter(), limit=ENTRIES_MAX)
    assert [
        (one.transaction_id, one.amount_minor, one.balance_minor) for one in reversed(found)
    ] == [
        (entry.transaction_id, minor, balance)
        for entry, minor, balance in zip(expected, moved, accumulate(posted), strict=True)
    ]


def accounts_of_the_chart(name: str) -> dict[Key, Account]:
    """Return accounts that a posting opens: of either direction, with a floor and without."""
    return {
        (code, currency): Account(kind, floor_minor)
        for currency in CURRENCIES
        for code, kind, floor_minor in (
            (chart.processor_receivable(name), Kind.ASSET, None),
            (chart.wallet(name), Kind.LIABILITY, 0),
            (chart.customer_credit(name), Kind.LIABILITY, None),
        )
    }


def accounts_of(keys: Sequence[Key]) -> list[LedgerAccount]:
    """Return those of the accounts that have been opened."""
    codes = {code for code, _ in keys}
    return [*LedgerAccount.objects.filter(code__in=codes).order_by("code", "currency")]


def sums_of(keys: Sequence[Key]) -> dict[Key, Sums]:
    """Return what the balance rows of those accounts add up to that have been opened."""
    names = (
        *("debits_minor", "credits_minor", "pending_debits_minor", "pending_credits_minor"),
        "entry_count",
    )
    rows = LedgerAccount.objects.filter(code__in={code for code, _ in keys}).values_list(
        "code", "currency", *(Sum(f"balances__{name}", default=0) for name in names)
    )
    return {(code, currency): Sums(*map(int, sums)) for code, currency, *sums in rows}


def postings_of(transaction_id: str) -> list[Posting]:
    """Return the postings of a transaction, by the codes of their accounts."""
    rows = LedgerPosting.objects.filter(transaction=transaction_id).order_by("position")
    return [
        Posting(
            debit=row.debit.code,
            credit=row.credit.code,
            money=Money(row.amount_minor, row.currency),
            debit_line=row.debit_line,
            credit_line=row.credit_line,
        )
        for row in rows.select_related("debit", "credit")
    ]
