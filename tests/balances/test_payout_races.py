"""Payouts that are made, canceled, sent and reversed at the same time, with real commits."""

from datetime import timedelta
from functools import partial

import pytest

from apps.accounts.models import Account
from apps.balances import queries, services
from apps.balances.models import Payout, Release, SimulatedTransfer
from apps.core import clock
from apps.core.errors import Invalid
from apps.ledger import queries as ledger
from tests.balances.money import charge, refund
from tests.balances.paid_out import ARRIVED, bank_account, books, earn, pay_out, step
from tests.races import at_once

DAY = clock.now().date()


@pytest.fixture(autouse=True)
def destination(committed_environment):
    """Where the payouts go."""
    return bank_account()


def cancel(payout):
    return services.cancel_payout(payout_id=payout, now=clock.now())


def statuses():
    return sorted(Payout.objects.values_list("status", flat=True))


def test_no_two_payouts_take_the_same_money(committed_environment):
    earn(1_000)

    made = at_once(*[lambda: pay_out(300)] * 10)

    refused = [one for one in made if isinstance(one, Invalid)]
    assert {one.code for one in refused} == {"balance_insufficient"}
    assert (len(refused), Payout.objects.count()) == (7, 3)
    assert books() == {"available": 100, "in_transit": 900, "bank": 0}
    assert ledger.check_drift() == []


def test_a_schedule_and_requests_take_no_money_twice(committed_environment):
    Account.objects.update(payout_interval="daily")
    earn(1_000)
    monday = DAY - timedelta(days=DAY.weekday())

    def scheduled():
        services.pay_out_scheduled(day=monday, now=clock.now())

    at_once(*[scheduled] * 4, *[lambda: pay_out(400)] * 4)

    paid = sum(Payout.objects.values_list("amount_minor", flat=True))
    assert paid == 1_000
    assert books() == {"available": 0, "in_transit": 1_000, "bank": 0}
    assert Payout.objects.filter(automatic=True).count() <= 1


def test_a_scheduled_payout_is_the_sum_of_its_parts_while_money_is_released(committed_environment):
    Account.objects.update(payout_interval="daily")
    monday = DAY - timedelta(days=DAY.weekday())
    for minor in range(1, 21):
        charge(minor, available_on=clock.now() + timedelta(days=1))
        earn(minor)
    later = clock.now() + timedelta(days=2)

    at_once(
        *[lambda: services.release_due(now=later)] * 2,
        lambda: services.pay_out_scheduled(day=monday, now=clock.now()),
        *[lambda: earn(7)] * 3,
        lambda: refund(3, available_on=clock.now()),
    )

    payout = Payout.objects.get(automatic=True)
    parts = Release.objects.filter(payout_id=payout.id)
    assert sum(parts.values_list("net_minor", flat=True)) == 0
    own = parts.exclude(pk=payout.balance_transaction_id)
    assert sum(own.values_list("net_minor", flat=True)) == payout.amount_minor
    left = queries.list_to_pay_out("usd").values_list("net_minor", flat=True)
    assert sum(left) == books()["available"]


def test_a_payout_is_either_canceled_or_sent(committed_environment):
    earn(10_000)
    payouts = [pay_out(100).id for _ in range(12)]

    for payout in payouts:
        at_once(partial(cancel, payout), partial(step, payout))

    sent = set(SimulatedTransfer.objects.values_list("reference", flat=True))
    assert set(Payout.objects.filter(status="in_transit").values_list("pk", flat=True)) == sent
    assert Payout.objects.filter(status="canceled").count() == 12 - len(sent)
    assert books()["in_transit"] == 100 * len(sent)
    assert ledger.check_drift() == []


def test_a_payout_that_two_workers_carry_on_moves_its_money_once(committed_environment):
    earn(1_000)
    payout = pay_out(1_000).id

    at_once(*[lambda: step(payout)] * 4)
    at_once(*[lambda: step(payout, after=ARRIVED)] * 4)

    assert statuses() == ["paid"]
    assert SimulatedTransfer.objects.count() == 1
    assert books() == {"available": 0, "in_transit": 0, "bank": -1_000}


def test_a_payout_is_called_back_once(committed_environment):
    earn(1_000)
    payout = pay_out(1_000, method="instant").id
    step(payout)

    answers = at_once(
        *[lambda: services.reverse_payout(payout_id=payout, given={}, now=clock.now())] * 4
    )

    reversals = [one for one in answers if isinstance(one, Payout)]
    assert len(reversals) == 1
    at_once(*[lambda: step(reversals[0].id, after=ARRIVED)] * 3)
    assert books() == {"available": 1_000, "in_transit": 0, "bank": 0}
