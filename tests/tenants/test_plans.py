"""`manage.py set_plan`: what a payment costs, and when its money is available."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.core import context
from apps.core.money import Money
from apps.tenants.models import Environment, Plan
from tests.client import ApiClient
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def set_plan(**options: object) -> str:
    """Run the command; return what it printed."""
    printed = StringIO()
    call_command("set_plan", stdout=printed, **options)
    return printed.getvalue()


def test_a_payment_costs_what_the_plan_says_and_is_available_when_it_says(environment):
    plan = Plan.objects.get(tenants__environments=environment.id)
    set_plan(name=plan.name, percent_bps=100, fixed=[("usd", 5)], available_after_s=3_600)
    key = make_key(environment)

    with context.enter(Environment.objects.get(pk=environment.id), by="system"):
        paid = ApiClient(key.secret).post(
            "payment_intents",
            {
                "amount": 10_000,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "confirm": True,
                "expand": ["latest_charge.balance_transaction"],
            },
        )

    posted = paid["latest_charge"]["balance_transaction"]
    assert (posted["fee"], posted["net"]) == (105, 9_895)
    assert posted["available_on"] - posted["created"] == pytest.approx(3_600, abs=1)


def test_what_is_not_given_stays_and_zero_removes(db):
    typed = ["--name=Growth", "--percent-bps=150", "--fixed=USD=10", "--fixed=eur=9"]
    call_command("set_plan", *typed, stdout=StringIO())
    printed = set_plan(name="Growth", fixed=[("usd", 0), ("jpy", 20)], available_after_s=0)

    plan = Plan.objects.get(name="Growth")
    assert plan.fees == {"percent_bps": 150, "fixed_minor": {"eur": 9, "jpy": 20}}
    assert plan.available_after == timedelta(0)
    assert "150 bps, fixed eur 9, jpy 20, a dispute nothing, available after 0 s" in printed


def test_a_plan_says_what_a_dispute_costs(db):
    typed = ["--name=Growth", "--percent-bps=150", "--dispute=USD=1500", "--dispute=eur=2000"]
    call_command("set_plan", *typed, stdout=StringIO())
    printed = set_plan(name="Growth", dispute=[("eur", 0)])

    schedule = Plan.objects.get(name="Growth").fee_schedule
    assert schedule.dispute_fee("usd") == Money(1_500, "usd")
    assert schedule.dispute_fee("eur") == Money(0, "eur")
    assert "a dispute usd 1500" in printed


def test_a_fixed_part_that_is_no_amount_is_refused(db):
    with pytest.raises(CommandError, match="usd=30"):
        call_command("set_plan", "--name=Growth", "--percent-bps=1", "--fixed=usd=0.3")


@pytest.mark.parametrize(
    "options",
    [
        {"name": "New"},
        {"name": "", "percent_bps": 1},
        {"name": "New", "percent_bps": -1},
        {"name": "New", "percent_bps": 10_001},
        {"name": "New", "percent_bps": 1, "fixed": [("xxx", 5)]},
        {"name": "New", "percent_bps": 1, "available_after_s": -1},
        {"name": "New", "percent_bps": 1, "available_after_s": 10**9},
    ],
    ids=json.dumps,
)
def test_a_plan_that_is_not_well_formed_is_refused(db, options):
    with pytest.raises(CommandError):
        set_plan(**options)

    assert not Plan.objects.filter(name="New").exists()


def test_a_tenant_gets_the_plan_that_is_named(db):
    set_plan(name="Growth", percent_bps=150)
    printed = StringIO()
    call_command("create_tenant", name="Grown", plan="Growth", stdout=printed)

    assert Plan.objects.get(tenants__name="Grown").name == "Growth"
    with pytest.raises(CommandError, match="No such plan"):
        call_command("create_tenant", name="Other", plan="Nothing", stdout=printed)
