"""Many at once, with real commits: nothing is lost, doubled, overdrawn, or stuck."""

import random
from itertools import count, pairwise
from threading import Barrier, Event

import pytest
from django.db import transaction

from apps.core import clock
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.domain.batches import LineStatus, Mode
from apps.ledger.domain.refusals import (
    AccountClosed,
    AlreadyResolved,
    InsufficientBalance,
    ReferenceReused,
)
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerTransaction
from apps.ledger.services import posting
from tests.ledger.mixture import Mixture
from tests.ledger.twins import line_of
from tests.races import START_TIMEOUT_S, at_once, wait_for_blocked

WRITERS = 32
BANK, FEES = chart.bank_settlement(), chart.platform_fees()


def usd(minor):
    return Money(minor, "usd")


def post(*postings, **details):
    with transaction.atomic():
        return services.post(postings, **details)


def kinds_of(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_writers_on_overlapping_accounts_do_not_stop_each_other(committed_book):
    """Every account is new, and each writer meets them in another order. Half have a floor."""
    codes = [chart.wallet(f"wal_{n}") for n in range(4)]
    codes += [chart.customer_credit(f"cus_{n}") for n in range(4)]
    rounds = 4

    def writer(number):
        order = random.Random(number)

        def write():
            drafts = []
            for turn in range(rounds):
                chosen = order.sample(codes, 4)
                postings = [Posting(debit=BANK, credit=code, money=usd(100)) for code in chosen]
                # From what has just come in, so that no floor is in the way.
                postings += [Posting(debit=a, credit=b, money=usd(10)) for a, b in pairwise(chosen)]
                order.shuffle(postings)
                drafts.append(Draft(postings=tuple(postings), reference=f"{number}:{turn}"))
            # Some post one by one, others all at once.
            batches = [drafts] if number % 2 else [[draft] for draft in drafts]
            for batch in batches:
                with transaction.atomic():
                    services.post_many(batch)

        return write

    outcomes = at_once(*[writer(number) for number in range(WRITERS)])

    assert outcomes == [None] * WRITERS
    assert LedgerAccount.objects.count() == len(codes) + 1
    assert LedgerTransaction.objects.count() == WRITERS * rounds
    total = WRITERS * rounds * 4 * 100
    assert sum(queries.balances_by_code(codes, currency="usd").values()) == total
    assert queries.balances_by_code([BANK], currency="usd") == {BANK: total}
    assert queries.check_drift() == []


def test_whatever_many_do_at_once_adds_up(committed_book):
    """Postings, batches, lines on their own, resolutions, reversals, repetitions, closings, …"""
    mixture = Mixture(name="mixture", seed=1, writers=WRITERS, turns=12)
    mixture.run()
    # They did what they came for, and met each other.
    assert len(mixture.told.taken) > WRITERS
    assert mixture.told.outcomes.keys() >= {
        *("AlreadyResolved", "AlreadyReversed", "InsufficientBalance", "AccountClosed"),
        *("closed", "sealed", "period closed"),
    }


def test_lines_on_their_own_and_a_single_one_do_not_meet_crosswise(committed_book):
    """They would, if the batch locked balances first and claimed references then."""
    for code in ("till", "change"):
        given = {"code": code, "currency": "usd", "kind": "asset", "floor": -100}
        services.open_account(given=given, now=clock.now())
    move = (Posting(debit="till", credit="change", money=usd(1)),)
    first, second = Draft(move, reference="a"), Draft(move, reference="b")
    has_claimed, is_waited_for, is_done = Event(), Event(), Event()

    def claim_the_first():
        """Keep the batch waiting, until the single one has come as far as it gets."""
        with transaction.atomic():
            post(Posting(debit=BANK, credit=FEES, money=usd(1)), reference="a")
            has_claimed.set()
            wait_for_blocked(1)
            is_waited_for.set()
            wait_for_blocked(2, unless=is_done)
            transaction.set_rollback(True)

    def post_lines():
        has_claimed.wait(START_TIMEOUT_S)
        lines = [line_of(first), line_of(second)]
        return services.post_batch(lines=lines, mode=Mode.EACH, now=clock.now()).outcomes

    def post_second():
        is_waited_for.wait(START_TIMEOUT_S)
        try:
            return post(*move, reference="b")
        finally:
            is_done.set()

    _, lines, single = at_once(claim_the_first, post_lines, post_second)

    assert [line.status for line in lines] == [LineStatus.POSTED, LineStatus.REPLAYED]
    assert single == services.Posted(lines[1].transaction_id, is_new=True)


def test_a_wallet_is_not_overdrawn(committed_book):
    wallet = chart.wallet("wal_1")
    post(Posting(debit=BANK, credit=wallet, money=usd(10)), reference="top-up")
    spend = Posting(debit=wallet, credit=FEES, money=usd(3))

    outcomes = at_once(
        *[lambda n=n: post(spend, reference=f"spend:{n}", pending=n % 2 == 0) for n in range(16)]
    )

    assert kinds_of(outcomes) == ["InsufficientBalance"] * 13 + ["Posted"] * 3
    assert all(isinstance(one, InsufficientBalance | services.Posted) for one in outcomes)
    assert LedgerPosting.objects.count() == 1 + 3
    assert queries.check_drift() == []


def test_a_reference_is_posted_once_by_whoever_comes_first(committed_book):
    numbers = count()

    def same():
        return post(Posting(debit=BANK, credit=FEES, money=usd(7)), reference="once")

    def other():
        return post(
            Posting(debit=BANK, credit=FEES, money=usd(8 + next(numbers))), reference="once"
        )

    post(Posting(debit=BANK, credit=FEES, money=usd(1)), reference="before")
    outcomes = at_once(*[same] * 12)
    assert len({one.transaction_id for one in outcomes}) == 1
    assert sorted(one.is_new for one in outcomes) == [False] * 11 + [True]
    assert all(isinstance(one, ReferenceReused) for one in at_once(*[other] * 4))
    assert queries.balances_by_code([FEES], currency="usd") == {FEES: 8}


def test_a_pending_transaction_is_resolved_once(committed_book):
    wallet = chart.wallet("wal_1")
    spend = Posting(debit=wallet, credit=FEES, money=usd(10))
    post(Posting(debit=BANK, credit=wallet, money=usd(10)), reference="top-up")
    pending = post(spend, reference="hold", pending=True).transaction_id

    outcomes = at_once(
        *[
            lambda n=n: post(*[spend] * (n % 2), reference=f"resolve:{n}", resolves=pending)
            for n in range(12)
        ]
    )

    assert kinds_of(outcomes) == ["AlreadyResolved"] * 11 + ["Posted"]
    assert all(isinstance(one, AlreadyResolved | services.Posted) for one in outcomes)
    left = queries.balances_by_code([wallet, FEES], currency="usd")
    assert left in ({wallet: 10, FEES: 0}, {wallet: 0, FEES: 10})
    assert queries.check_drift() == []


def test_batches_that_resolve_the_same_crosswise_do_not_stop_each_other(committed_book):
    hold = Posting(debit=BANK, credit=FEES, money=usd(1))
    with transaction.atomic():
        holds = [Draft((hold,), reference=f"hold:{n}", is_pending=True) for n in range(4)]
        first, second, third, last = (one.transaction_id for one in services.post_many(holds))

    def resolve(name, pending):
        drafts = [
            Draft((), reference=f"{name}:{place}", resolves=one)
            for place, one in enumerate(pending)
        ]
        services.post_many(drafts)

    def commit(name, pending):
        begin.wait()
        with transaction.atomic():
            resolve(name, pending)

    def let_both_begin():
        """Keep each from its second transaction until both wait for something."""
        with transaction.atomic():
            resolve("neither", [second, third])
            begin.wait()
            wait_for_blocked(2)
            transaction.set_rollback(True)

    begin = Barrier(3, timeout=START_TIMEOUT_S)
    outcomes = at_once(
        let_both_begin,
        lambda: commit("one", [first, second, last]),
        lambda: commit("other", [last, third, first]),
    )

    assert kinds_of(outcomes) == ["AlreadyResolved", "NoneType", "NoneType"]
    assert queries.check_drift() == []


@pytest.mark.parametrize("code", [FEES, chart.wallet("wal_1")])
def test_nothing_slips_into_an_account_that_is_being_closed(committed_book, code):
    into = Posting(debit=BANK, credit=code, money=usd(1))
    post(into, reference="first")
    account = LedgerAccount.objects.get(code=code)
    numbers = count()

    def close():
        with transaction.atomic():
            services.close_account(account.pk, now=clock.now())
            # Whoever posts at this moment waits, and is refused when this commits.
            return queries.balances_by_code([code], currency="usd")[code]

    outcomes = at_once(
        *[lambda: post(into, reference=f"more:{next(numbers)}")] * 15,
        close,
    )

    final = queries.balances_by_code([code], currency="usd")[code]
    accepted = sum(isinstance(one, services.Posted) for one in outcomes)
    assert all(isinstance(one, services.Posted | AccountClosed | int) for one in outcomes)
    # The one who closes has seen all that there will ever be.
    assert outcomes[-1] == final == 1 + accepted
    assert queries.check_drift() == []


def test_what_expires_in_one_minute_does_not_queue_for_one_job(committed_book):
    minute = clock.now().replace(second=0, microsecond=0)

    jobs = at_once(*[lambda: posting.expiry_job(minute)] * 32)

    # A thread holds the row of its job until it commits; those of two threads need not be the same.
    assert 1 < len({job.key for job in jobs}) <= posting.EXPIRY_JOBS
    assert {(job.task, job.due_at) for job in jobs} == {(services.EXPIRE, minute)}
