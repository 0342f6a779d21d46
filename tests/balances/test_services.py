"""Posting of balance transactions and release of their money, on real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.balances import queries, services, tasks
from apps.balances.models import Release
from apps.core import clock, context, jobs
from apps.core.errors import Conflict, DomainError
from apps.core.models import Job
from apps.core.money import Money
from apps.events.models import Event
from apps.ledger import queries as ledger
from apps.ledger.domain import Draft, Posting, Projection, chart
from apps.ledger.services import use_projection
from tests.balances.money import TWO_DAYS, balance, charge, refund

CONNECTED = "acct_connected"


def in_two_days() -> datetime:
    return clock.now() + TWO_DAYS


def ledger_transactions() -> int:
    return ledger.list_transactions().count()


# Posting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "minor", "fee"), [("jpy", 1_000, 36), ("usd", 100_00, 3_20), ("kwd", 10_000, 290)]
)
def test_a_charge_is_pending_less_its_fee(environment, currency, minor, fee):
    charge(minor, currency, fee=fee)

    assert balance() == {currency: (minor - fee, 0)}
    receivable = chart.processor_receivable("sim")
    assert ledger.balances([receivable, chart.platform_fees()]) == {
        (receivable, currency): minor,
        (chart.platform_fees(), currency): fee,
    }


def test_posting_takes_two_statements(environment):
    charge(1)  # the accounts of the ledger are there
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        post(reference="charge:ch_2")

    assert len(captured) == 2, [query["sql"] for query in captured]


def test_a_dispute_and_its_fee_are_taken_from_what_is_available_and_come_back(environment):
    now = clock.now()
    charge(100_00, available_on=now)
    with transaction.atomic():
        services.post_balance_transactions([dispute(-100_00, 15_00, now=now)], now=now)
    taken = balance()
    with transaction.atomic():
        services.post_balance_transactions([dispute(100_00, -15_00, now=now)], now=now)

    assert (taken, balance()) == ({"usd": (0, -15_00)}, {"usd": (0, 100_00)})
    assert ledger.balances([chart.platform_fees()]) == {(chart.platform_fees(), "usd"): 0}
    assert not Release.objects.filter(released_at=None).exists()


def test_several_are_posted_with_one_call_after_what_they_take(environment):
    now = clock.now()
    cash = chart.customer_cash("cus_1")
    received = Draft(
        postings=(Posting(chart.processor_receivable("sim"), cash, Money(70, "usd")),),
        reference="funding:1",
    )
    taken = [payment(minor, against=cash, now=now) for minor in (40, 20)]
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        posted = services.post_balance_transactions(taken, now=now, after=[received])

    assert balance() == {"usd": (0, 60)}
    assert ledger.balances([cash]) == {(cash, "usd"): 10}
    assert [queries.get_balance_transaction(one.id).journal["source"] for one in posted] == [
        "py_40",
        "py_20",
    ]
    assert len(captured) == 2, [query["sql"] for query in captured]


def test_a_customer_pays_with_no_more_cash_than_there_is(environment):
    now = clock.now()
    taken = [payment(minor, against=chart.customer_cash("cus_1"), now=now) for minor in (40, 20)]

    with pytest.raises(DomainError), transaction.atomic():
        services.post_balance_transactions(taken, now=now)

    assert (ledger_transactions(), Release.objects.count()) == (0, 0)


def dispute(minor: int, fee: int, *, now: datetime) -> services.NewTransaction:
    category = "dispute" if minor < 0 else "dispute_reversal"
    return services.NewTransaction(
        kind="adjustment",
        source="dp_1",
        money=Money(minor, "usd"),
        fee=Money(fee, "usd"),
        processor="sim",
        reference=f"dispute:dp_1:{category}",
        description=None,
        available_on=now,
        reporting_category=category,
    )


def payment(minor: int, *, against: str, now: datetime) -> services.NewTransaction:
    return services.NewTransaction(
        kind="payment",
        source=f"py_{minor}",
        money=Money(minor, "usd"),
        fee=Money(0, "usd"),
        processor="sim",
        reference=f"charge:py_{minor}",
        description=None,
        available_on=now,
        against=against,
    )


def post(*, reference: str, minor: int = 100_00, now: datetime | None = None):
    now = now or clock.now()
    return services.post_balance_transaction(
        kind="charge",
        source="ch_1",
        money=Money(minor, "usd"),
        fee=Money(3_20, "usd"),
        processor="sim",
        reference=reference,
        description="Two chairs",
        now=now,
        available_on=now + TWO_DAYS,
    )


def test_the_same_reference_returns_the_first_one(environment):
    first = post(reference="charge:ch_1")
    again = post(reference="charge:ch_1", now=clock.now() + timedelta(seconds=9))

    assert again.id == first.id
    assert balance() == {"usd": (96_80, 0)}
    assert Release.objects.count() == 1


def test_a_reference_of_something_else_is_refused(environment):
    post(reference="charge:ch_1")
    with pytest.raises(Conflict) as refused, transaction.atomic():
        post(reference="charge:ch_1", minor=200_00)

    assert refused.value.code == "reference_reused"
    assert balance() == {"usd": (96_80, 0)}
    assert Release.objects.count() == 1


def test_money_that_is_available_at_once_needs_no_release(environment):
    charge(100_00, fee=3_20, available_on=clock.now() - timedelta(seconds=1))
    refund(40_00, available_on=clock.now() - timedelta(seconds=1))

    assert balance() == {"usd": (0, 56_80)}
    assert not queries.is_any_due(now=in_two_days())


def test_a_refund_comes_out_of_what_is_pending(environment):
    charge(100_00, fee=3_20)
    refund(100_00)

    assert balance() == {"usd": (-3_20, 0)}


def test_what_is_pending_is_what_is_to_be_released(environment):
    charge(100_00, fee=3_20)
    charge(50_00, available_on=clock.now() - timedelta(seconds=1))
    refund(20_00)

    unreleased = Release.objects.filter(released_at=None).values_list("net_minor", flat=True)
    assert sum(unreleased) == balance()["usd"][0]


def test_outside_a_transaction_nothing_is_posted(committed_environment):
    with pytest.raises(AssertionError):
        post(reference="charge:ch_1")

    assert Release.objects.count() == ledger_transactions() == 0


# Release -----------------------------------------------------------------------------------------


def test_what_is_due_becomes_available_and_the_rest_stays(environment):
    charge(100_00, fee=3_20)
    charge(50_00, available_on=clock.now() + timedelta(days=7))

    assert services.release_due(now=clock.now()) == 0
    assert services.release_due(now=in_two_days()) == 1
    assert balance() == {"usd": (50_00, 96_80)}


@pytest.mark.parametrize("projection", Projection)
def test_money_is_counted_by_either_trigger(environment, projection):
    use_projection(projection)
    charge(100_00, fee=3_20)
    refund(40_00)
    charge(1_000, "jpy", fee=36)

    services.release_due(now=in_two_days())

    assert balance() == {"jpy": (0, 964), "usd": (0, 56_80)}
    assert ledger.check_drift() == []


def test_what_was_released_is_not_released_again(environment):
    posted = charge(100_00)
    now = in_two_days()
    services.release_due(now=now)
    before = ledger_transactions()

    assert services.release_due(now=now + TWO_DAYS) == 0
    assert ledger_transactions() == before
    assert Release.objects.get(pk=posted.id).released_at == now


def test_one_ledger_transaction_releases_all_of_an_account_and_currency(environment):
    for minor in (1, 20, 300):
        charge(minor)
    refund(21)
    charge(7, "jpy")
    with context.amended(account_id=CONNECTED):
        charge(5_000, "kwd")
    before = ledger_transactions()

    assert services.release_due(now=in_two_days()) == 6
    assert ledger_transactions() == before + 2
    assert balance() == {"jpy": (0, 7), "usd": (0, 300)}
    with context.amended(account_id=CONNECTED):
        assert ledger_transactions() == 2  # the charge and its release
        assert balance() == {"kwd": (0, 5_000)}


def test_refunds_that_outweigh_payments_come_out_of_what_was_available(environment):
    charge(100, available_on=clock.now() - timedelta(seconds=1))
    refund(30)
    services.release_due(now=in_two_days())

    assert balance() == {"usd": (0, 70)}


def test_what_comes_to_nothing_is_released_without_a_transaction(environment):
    posted = charge(100)
    refund(100)
    before = ledger_transactions()

    assert services.release_due(now=in_two_days()) == 2
    assert ledger_transactions() == before
    assert Release.objects.get(pk=posted.id).released_by is None
    assert balance() == {"usd": (0, 0)}


def test_many_are_released_in_batches(environment, monkeypatch):
    monkeypatch.setattr(services.releases, "BATCH", 2)
    for _ in range(5):
        charge(100)
    before = ledger_transactions()

    assert services.release_due(now=in_two_days()) == 5
    assert ledger_transactions() == before + 3
    assert balance() == {"usd": (0, 500)}


def test_the_merchant_is_told_of_the_new_balance(environment):
    with context.amended(account_id=CONNECTED):
        charge(100_00, fee=3_20)
    services.release_due(now=in_two_days())

    told = Event.objects.get(type="balance.available")
    assert told.account_id == CONNECTED
    assert told.data["object"] == "balance"
    assert told.data["available"] == [
        {"amount": 96_80, "currency": "usd", "source_types": {"card": 96_80}}
    ]


def test_a_release_that_fails_halfway_leaves_nothing_behind(environment):
    charge(100)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event ADD CONSTRAINT no_event CHECK (false)")
    before = ledger_transactions()

    with pytest.raises(IntegrityError):
        services.release_due(now=in_two_days())
    assert (ledger_transactions(), balance()) == (before, {"usd": (100, 0)})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event DROP CONSTRAINT no_event")
    assert services.release_due(now=in_two_days()) == 1
    assert balance() == {"usd": (0, 100)}


# The job -----------------------------------------------------------------------------------------


def test_payments_of_one_minute_share_a_job_that_runs_when_all_are_due(environment):
    minute = datetime(2026, 5, 1, 12, 31, tzinfo=UTC)
    dues = [
        charge(100, available_on=minute - timedelta(seconds=seconds)).release
        for seconds in (0, 1, 59.9)
    ]
    later = charge(100, available_on=minute + timedelta(microseconds=1)).release

    assert {due.key for due in dues} == {f"release:{environment.id}:2026-05-01T12:31"}
    assert {due.due_at for due in dues} == {minute}
    assert {due.task for due in dues} == {tasks.release.name}
    assert later.due_at == minute + timedelta(minutes=1)


def test_the_job_releases_and_stays_for_a_second_look(environment):
    due = charge(100).release
    jobs.schedule(due)
    make_due()

    jobs.run_due(now=due.due_at)

    assert balance() == {"usd": (0, 100)}
    assert Job.objects.get(key=due.key).due_at == due.due_at + services.LATE_COMMIT


def make_due() -> None:
    """Let everything have been due for a moment: the task looks at the real clock."""
    Release.objects.update(due_at=clock.now())


def test_the_second_look_finds_what_was_committed_late(environment):
    due = charge(100).release
    services.run_release(minute=due.due_at, now=due.due_at)
    charge(30, available_on=due.due_at)  # it was open until now, and found the job there

    services.run_release(minute=due.due_at, now=due.due_at + services.LATE_COMMIT)

    assert balance() == {"usd": (0, 130)}


def test_the_second_look_is_the_last_one(environment):
    due = charge(100).release
    services.run_release(minute=due.due_at, now=due.due_at + services.LATE_COMMIT)

    assert not Job.objects.filter(key=due.key).exists()
