"""The verification: what is right is never taken for a drift; whose turn it is; the command."""

import random
from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.core import clock, context
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.domain.refusals import InsufficientBalance
from apps.ledger.models import (
    LedgerAccount,
    LedgerPosting,
    LedgerSeal,
    LedgerState,
    LedgerVerification,
)
from tests.ledger.tampering import (
    BANK,
    FEES,
    NOW,
    WALLET,
    fill,
    post,
    run_round,
    seal_all,
    spoil,
    use_small_seals,
    use_small_steps,
)
from tests.races import at_once


@pytest.fixture(autouse=True)
def small_seals(monkeypatch):
    use_small_seals(monkeypatch)


def test_a_sound_book_is_found_sound(committed_book, monkeypatch):
    use_small_steps(monkeypatch)
    fill()

    assert run_round() == []

    row = LedgerVerification.objects.get(pk=committed_book.id)
    assert (row.state, row.rounds, row.findings) == ("ok", 1, [])
    assert row.postings_checked == LedgerPosting.objects.count()
    assert row.seals_checked == LedgerSeal.objects.count() > 3
    assert row.accounts_checked == LedgerAccount.objects.count() == 4
    assert row.round_started_at == row.round_finished_at == row.step_at == NOW
    owed = sum(100 + number for number in range(8)) + 11 - 3
    assert row.coverage == [{"currency": "usd", "owed": owed, "held": owed + 3, "shortfall": 0}]
    assert LedgerState.objects.get().frozen_at is None
    assert queries.check_drift() == []


def test_an_empty_book_is_sound(committed_environment):
    assert run_round() == []


def test_a_shortfall_is_shown_and_freezes_nothing(committed_environment):
    merchant = chart.account_available("acct_1")
    post(reference="lost", debit=chart.platform_losses(), credit=WALLET, minor=50)
    post(reference="owing", debit=chart.account_available("acct_2"), credit=merchant, minor=20)
    post(reference="held", credit=merchant, minor=30)

    assert run_round() == []

    # 50 of the wallet and 50 of one merchant; what the other one owes makes up for nothing.
    (coverage,) = LedgerVerification.objects.get(pk=committed_environment.id).coverage
    assert coverage == {"currency": "usd", "owed": 100, "held": 30, "shortfall": 70}
    assert LedgerState.objects.get().frozen_at is None


# Everywhere ---------------------------------------------------------------------------------------


def test_a_book_rests_after_a_round_and_who_has_waited_longest_comes_first(open_committed):
    ids = [open_committed().environment.id for _ in range(3)]
    services.verify_everywhere(budget_s=60)
    rows = LedgerVerification.objects.filter(pk__in=ids)
    assert [row.rounds for row in rows] == [1, 1, 1]
    services.verify_everywhere(budget_s=60)
    assert [row.rounds for row in rows.all()] == [1, 1, 1]

    long_ago = clock.now() - timedelta(hours=1)
    rows.filter(pk__in=ids[1:]).update(round_finished_at=long_ago, step_at=long_ago)
    rows.filter(pk=ids[2]).update(step_at=long_ago - timedelta(hours=1))
    services.verify_everywhere(budget_s=60)

    first, second, third = (rows.get(pk=one) for one in ids)
    assert [row.rounds for row in (first, second, third)] == [1, 2, 2]
    begun = [row.round_started_at or clock.now() for row in (first, third, second)]
    assert begun == sorted(begun)


def test_the_verification_takes_a_bounded_time(committed_environment):
    assert services.verify_everywhere(budget_s=-1) == 0
    assert LedgerVerification.objects.get(pk=committed_environment.id).step_at is None


def test_what_another_process_works_on_is_passed_over(open_committed):
    environments = [open_committed().environment for _ in range(2)]
    services.verify_everywhere(budget_s=60)
    rows = LedgerVerification.objects.filter(pk__in=[one.id for one in environments])
    rows.update(cursor={}, round_finished_at=None)
    locked, done = Event(), Event()

    def holder():
        with transaction.atomic():
            rows.select_for_update().get(pk=environments[0].id)
            locked.set()
            assert done.wait(30)

    def worker():
        assert locked.wait(30)
        try:
            return services.verify_everywhere(budget_s=60)
        finally:
            done.set()

    _, taken = at_once(holder, worker)

    assert taken > 0
    assert [rows.get(pk=one.id).round_finished_at is None for one in environments] == [True, False]


def test_a_book_that_cannot_be_read_holds_up_no_other(open_committed):
    environments = [open_committed().environment for _ in range(2)]
    with context.enter(environments[0], by="system"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_seal RENAME TO ledger_seal_away")

    services.verify_everywhere(budget_s=60)

    rounds = {row.pk: row.rounds for row in LedgerVerification.objects.all()}
    assert [rounds[one.id] for one in environments] == [0, 1]


def test_the_command_goes_through_a_whole_book(committed_environment, capsys):
    fill()
    here = committed_environment.id
    line = f"{here}  {committed_environment}: "
    call_command("verify_ledger", environment=here)
    assert capsys.readouterr().out == f"{line}no drift\n"

    spoil()
    with pytest.raises(CommandError, match="1 environment"):
        call_command("verify_ledger", environment=here)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{line}DRIFT"
    assert told[1].startswith(f"    account {WALLET}, currency usd: the balance is not the sum")
    with pytest.raises(CommandError, match="There is no environment"):
        call_command("verify_ledger", environment="env_none")


# Races --------------------------------------------------------------------------------------------

CODES = [BANK, FEES, WALLET, chart.wallet("wal_2"), chart.platform_losses()]


def random_draft(choice, name):
    """Return a transaction between some of CODES: back-dated, of the future, pending."""
    debit, credit = choice.sample(CODES, 2)
    days = choice.choice([None, None, -1, -400, 5])
    return Draft(
        postings=tuple(
            Posting(debit=debit, credit=credit, money=Money(choice.randrange(1, 9), "usd"))
            for _ in range(choice.randrange(1, 4))
        ),
        reference=name,
        effective_at=None if days is None else clock.now() + timedelta(days=days),
        is_pending=choice.random() < 0.3,
    )


def write(number):
    """Post one by one and in batches, and resolve some of what is pending."""
    choice = random.Random(number)
    pending: list[str] = []
    for turn in range(25):
        name = f"{number}:{turn}"
        drafts = [random_draft(choice, f"{name}:{n}") for n in range(choice.choice([1, 1, 5]))]
        if pending and choice.random() < 0.5:
            drafts = [Draft((), reference=name, resolves=pending.pop())]
        try:
            with transaction.atomic():
                posted = services.post_many(drafts)
        except InsufficientBalance:
            continue
        pairs = zip(posted, drafts, strict=True)
        pending += [one.transaction_id for one, draft in pairs if draft.is_pending]


def test_whoever_posts_meanwhile_is_never_taken_for_a_drift(committed_book):
    for number, code in enumerate(CODES[1:]):
        post(reference=f"open {number}", credit=code, minor=10_000)
    over = [Event() for _ in range(8)]

    def writer(number):
        def run():
            try:
                write(number)
            finally:
                over[number].set()

        return run

    def until_over(call):
        def run():
            while not all(one.is_set() for one in over):
                call(now=clock.now())

        return run

    outcomes = at_once(
        *map(writer, range(len(over))),
        *map(until_over, [services.seal_step, services.verify_step, services.verify_step]),
    )

    assert outcomes == [None] * len(outcomes)
    row = LedgerVerification.objects.get(pk=committed_book.id)
    assert (row.findings, LedgerState.objects.get().frozen_at) == ([], None)
    assert row.rounds > 0
    seal_all()
    assert run_round() == []
    assert LedgerPosting.objects.count() > 300
