"""Payouts on a schedule: what they pay, once a day, and what they are made of."""

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.accounts.models import Account, ExternalAccount
from apps.balances import services, tasks
from apps.balances.models import Payout, Release
from apps.core import clock, jobs
from apps.core.models import Job
from tests.balances.money import balance, charge, refund
from tests.balances.paid_out import ARRIVED, NO_ACCOUNT, bank_account, books, earn, pay_out, step

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 0, 1, tzinfo=UTC)


@pytest.fixture
def daily(environment):
    """An account that is paid out every day, and where it is paid."""
    Account.objects.update(payout_interval="daily", payout_descriptor="ASTER")
    return bank_account()


def run(day=MONDAY, **terms):
    if terms:
        Account.objects.update(**terms)
    services.pay_out_scheduled(day=day, now=NOW)


def paid_out():
    """Return what the payouts that there are pay, oldest first."""
    return [(payout.currency, payout.amount_minor) for payout in Payout.objects.order_by("id")]


def made_of(api, payout):
    rows = api.get("balance_transactions", {"payout": payout.id, "limit": 100})["data"]
    return sorted((row["type"], row["net"]) for row in rows)


def test_all_that_is_available_is_paid_and_says_what_it_is_made_of(api, daily):
    earn(10_000)
    earn(2_500)
    refund(500, available_on=clock.now())
    charge(99_999)  # is not available yet

    run()

    payout = Payout.objects.get()
    shown = api.get(f"payouts/{payout.id}")
    assert (shown["amount"], shown["automatic"], shown["destination"]) == (12_000, True, daily)
    assert (shown["reconciliation_status"], shown["statement_descriptor"]) == (
        *("completed", "ASTER"),
    )
    assert made_of(api, payout) == [
        *(("charge", 2_500), ("charge", 10_000)),
        *(("payout", -12_000), ("refund", -500)),
    ]
    assert balance() == {"usd": (99_999, 0)}
    assert books()["in_transit"] == 12_000
    told = [one["type"] for one in api.get("events")["data"]]
    assert told[:2] == ["payout.reconciliation_completed", "payout.created"]


def test_a_day_is_paid_once_however_often_its_job_is_run(daily):
    earn(10_000)
    run()
    earn(700)
    run()
    assert paid_out() == [("usd", 10_000)]

    run(MONDAY + timedelta(days=1))
    assert paid_out() == [("usd", 10_000), ("usd", 700)]


def test_each_payout_is_the_sum_of_what_no_earlier_one_paid(api, daily):
    """Also where money was paid out by hand, and where a payout came back."""
    earn(10_000)
    by_hand = pay_out(4_000)
    run()
    first = Payout.objects.get(automatic=True)
    assert made_of(api, first) == [("charge", 10_000), ("payout", -6_000), ("payout", -4_000)]

    services.cancel_payout(payout_id=by_hand.id, now=clock.now())
    earn(1_000)
    run(MONDAY + timedelta(days=1))
    second = Payout.objects.filter(automatic=True).latest("id")
    assert made_of(api, second) == [
        *(("charge", 1_000), ("payout", -5_000)),
        ("payout_cancel", 4_000),
    ]
    assert not Release.objects.filter(payout_id=None, released_at__isnull=False).exists()


def test_a_scheduled_payout_that_fails_is_in_the_next_one(api, environment):
    Account.objects.update(payout_interval="daily")
    bank_account(NO_ACCOUNT)
    earn(10_000)
    run()
    payout = Payout.objects.get()
    step(payout.id)
    step(payout.id, after=ARRIVED)
    assert books() == {"available": 10_000, "in_transit": 0, "bank": 0}
    # The bank account is errored: nothing is sent there again.
    run(MONDAY + timedelta(days=1))
    assert paid_out() == [("usd", 10_000)]

    ExternalAccount.objects.update(is_default=False)
    bank_account()
    run(MONDAY + timedelta(days=2))

    again = Payout.objects.latest("id")
    assert made_of(api, again) == [("payout", -10_000), ("payout_failure", 10_000)]


def test_what_a_minimum_balance_leaves_is_not_paid(api, daily):
    earn(10_000)
    run(minimum_balances={"usd": 4_000})

    payout = Payout.objects.get()
    assert payout.amount_minor == 6_000
    assert balance() == {"usd": (0, 4_000)}
    # It is not the sum of some balance transactions, and so it claims none.
    shown = api.get(f"payouts/{payout.id}")
    assert shown["reconciliation_status"] == "not_applicable"
    assert made_of(api, payout) == []
    run(MONDAY + timedelta(days=1))
    assert paid_out() == [("usd", 6_000)]


def test_every_currency_with_a_bank_account_is_paid_by_itself(api, daily):
    earn(1_000)
    earn(2_000, "eur")
    earn(3_000, "gbp")
    account = api.get("account")["id"]
    api.post(
        f"accounts/{account}/external_accounts",
        {"external_account": {"country": "DE", "account_number": "DE89370400440532013000"}},
    )

    run()

    assert paid_out() == [("eur", 2_000), ("usd", 1_000)]
    assert balance()["gbp"] == (0, 3_000)


def test_an_account_that_owes_is_paid_nothing(daily):
    refund(500, available_on=clock.now())
    run()

    assert paid_out() == []


def test_only_the_days_of_the_schedule_are_paid(daily):
    earn(10_000)
    run(payout_interval="weekly", payout_weekdays=["tuesday"])
    assert paid_out() == []
    run(MONDAY + timedelta(days=1))
    assert paid_out() == [("usd", 10_000)]


def test_a_job_that_is_late_does_the_days_that_it_missed(daily):
    earn(10_000)
    jobs.schedule(services.scheduled.schedule_job(MONDAY))

    for _ in range(4):
        job = Job.objects.get(task=services.SCHEDULED)
        assert job.due_at <= NOW + timedelta(days=3)
        tasks.pay_out_scheduled(**job.kwargs)

    assert [payout.scheduled_on for payout in Payout.objects.all()] == [MONDAY]
    assert Job.objects.get(task=services.SCHEDULED).kwargs == {"day": "2026-11-27"}


def test_a_schedule_that_was_ended_ends_its_job(daily):
    earn(10_000)
    jobs.schedule(services.scheduled.schedule_job(MONDAY))
    Account.objects.update(payout_interval="manual")

    assert jobs.run_due(now=NOW) == 1
    assert paid_out() == []
    assert not Job.objects.filter(task=services.SCHEDULED).exists()


def test_a_scheduled_payout_is_not_canceled(api, daily):
    earn(10_000)
    run()

    error = api.post(f"payouts/{Payout.objects.get().id}/cancel", status=400).error
    assert error["code"] == "payout_unexpected_state"


def test_only_a_scheduled_payout_says_what_it_is_made_of(api, daily):
    earn(10_000)
    payout = pay_out(100)

    error = api.get("balance_transactions", {"payout": payout.id}, status=400).error
    assert error["param"] == "payout"
    error = api.get("balance_transactions", {"payout": "po_none"}, status=400).error
    assert (error["param"], error["code"]) == ("payout", "resource_missing")
