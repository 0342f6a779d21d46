"""The settings of the balance through the door."""

import pytest

from apps.balances import services
from apps.core import clock
from apps.core.models import Job

pytestmark = pytest.mark.django_db


def schedule(**wished):
    return {"payments": {"payouts": {"schedule": wished}}}


def shown_schedule(settings):
    return settings["payments"]["payouts"]["schedule"]


def test_the_settings_of_a_new_account(api, live_api):
    settings = api.get("balance_settings")

    assert dict(settings) == {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": False,
            "payouts": {
                "minimum_balance_by_currency": None,
                "schedule": {"interval": "manual"},
                "statement_descriptor": None,
                "status": "enabled",
            },
            "settlement_timing": {"delay_days": 2},
        },
    }
    assert live_api.get("balance_settings")["payments"]["payouts"]["status"] == "disabled"


def test_a_schedule_is_kept_shown_and_told(api):
    wished = {"interval": "weekly", "weekly_payout_days": ["friday", "monday"]}
    changed = api.post("balance_settings", schedule(**wished))

    assert shown_schedule(changed) == {
        "interval": "weekly",
        "weekly_payout_days": ["monday", "friday"],
    }
    assert api.get("balance_settings") == changed
    of_account = api.get("account")["settings"]["payouts"]["schedule"]
    assert of_account["weekly_anchor"] == "monday"
    (told,) = api.get("events", {"type": "account.updated"})["data"]
    assert told["data"]["previous_attributes"]["settings"]


def test_the_job_of_a_schedule_comes_and_goes_with_it(api):
    api.post("balance_settings", schedule(interval="daily"))
    job = Job.objects.get(task=services.SCHEDULED)
    assert clock.now() < job.due_at
    assert (job.due_at.hour, job.due_at.minute) == (0, 0)

    api.post("balance_settings", schedule(interval="monthly", monthly_payout_days=[31, 1, 1]))
    assert Job.objects.get(task=services.SCHEDULED).due_at == job.due_at
    assert shown_schedule(api.get("balance_settings"))["monthly_payout_days"] == [1, 31]

    api.post("balance_settings", schedule(interval="manual"))
    assert not Job.objects.filter(task=services.SCHEDULED).exists()


def test_the_days_of_a_schedule_come_back_with_it(api):
    api.post("balance_settings", schedule(interval="monthly", monthly_payout_days=[5]))
    api.post("balance_settings", schedule(interval="daily"))

    again = api.post("balance_settings", schedule(interval="monthly"))

    assert shown_schedule(again)["monthly_payout_days"] == [5]


def test_descriptor_and_minimum_balances_are_set_and_taken_away(api):
    payouts = {
        "statement_descriptor": "ASTER PRESS",
        "minimum_balance_by_currency": {"usd": 5_000, "eur": 100},
    }
    changed = api.post("balance_settings", {"payments": {"payouts": payouts}})
    assert changed["payments"]["payouts"]["statement_descriptor"] == "ASTER PRESS"
    assert changed["payments"]["payouts"]["minimum_balance_by_currency"] == {
        "eur": 100,
        "usd": 5_000,
    }

    payouts = {"statement_descriptor": "", "minimum_balance_by_currency": {"eur": "", "gbp": 0}}
    changed = api.post("balance_settings", {"payments": {"payouts": payouts}})
    assert changed["payments"]["payouts"]["statement_descriptor"] is None
    assert changed["payments"]["payouts"]["minimum_balance_by_currency"] == {"usd": 5_000}

    payouts = {"minimum_balance_by_currency": ""}
    changed = api.post("balance_settings", {"payments": {"payouts": payouts}})
    assert changed["payments"]["payouts"]["minimum_balance_by_currency"] is None


def test_what_changes_nothing_tells_nothing(api):
    api.post("balance_settings", schedule(interval="manual"))
    api.post("balance_settings")

    assert api.get("events", {"type": "account.updated"})["data"] == []


SCHEDULE = "payments[payouts][schedule]"


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        (schedule(interval="hourly"), f"{SCHEDULE}[interval]", None),
        (schedule(interval="weekly"), f"{SCHEDULE}[weekly_payout_days]", "parameter_missing"),
        (schedule(interval="monthly"), f"{SCHEDULE}[monthly_payout_days]", "parameter_missing"),
        (
            schedule(interval="weekly", weekly_payout_days=["sunday"]),
            f"{SCHEDULE}[weekly_payout_days][0]",
            None,
        ),
        (
            schedule(interval="monthly", monthly_payout_days=[32]),
            f"{SCHEDULE}[monthly_payout_days][0]",
            "parameter_invalid_integer",
        ),
        (
            schedule(interval="daily", weekly_payout_days=["monday"]),
            f"{SCHEDULE}[weekly_payout_days]",
            None,
        ),
        (
            {"payments": {"debit_negative_balances": True}},
            "payments[debit_negative_balances]",
            "parameter_unsupported",
        ),
        (
            {"payments": {"settlement_timing": {"delay_days_override": 3}}},
            "payments[settlement_timing]",
            "parameter_unsupported",
        ),
        (
            {"payments": {"payouts": {"minimum_balance_by_currency": {"xxx": 1}}}},
            "payments[payouts][minimum_balance_by_currency][xxx]",
            "invalid_currency",
        ),
        (
            {"payments": {"payouts": {"minimum_balance_by_currency": {"usd": -1}}}},
            "payments[payouts][minimum_balance_by_currency][usd]",
            "parameter_invalid_integer",
        ),
        ({"nonsense": 1}, "nonsense", "parameter_unknown"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(api, given, param, code):
    before = api.get("balance_settings")
    error = api.post("balance_settings", given, status=400).error

    assert (error.get("param"), error.get("code")) == (param, code)
    assert api.get("balance_settings") == before
    assert not Job.objects.filter(task=services.SCHEDULED).exists()
