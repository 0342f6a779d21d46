"""A customer answers while others change their minds: the money moves once, or not at all."""

import pytest

from apps.core import clock
from apps.ledger import queries as ledger
from apps.payments import services
from apps.payments.models import Attempt, Charge, PaymentIntent, SimulatedOrder
from tests.client import ApiClient
from tests.payments.acting import BACK, answer, url_of
from tests.payments.paying import pay
from tests.races import at_once

ALWAYS = "pm_card_authenticationRequired"
ANSWERS = 12


@pytest.fixture
def client(committed, committed_environment) -> ApiClient:
    """Return a client of an environment whose transactions commit."""
    return ApiClient(committed.secret_key)


def received() -> int:
    """Return what the processor owes us, in cents."""
    code = "processor:sim:receivable"
    return ledger.balances_by_code([code], currency="usd").get(code, 0)


def expected(answers: list[object]) -> None:
    """Check that nobody was answered by an exception."""
    unexpected = [one for one in answers if isinstance(one, Exception)]
    assert not unexpected, unexpected[:3]


@pytest.mark.parametrize("others", ["pass", "fail"])
def test_many_answers_are_one(client, others):
    asked = pay(client, ALWAYS, return_url=BACK)
    url = url_of(asked)
    said = ["pass", *[others] * (ANSWERS - 1)]

    expected(at_once(*(lambda one=one: answer(url, one) for one in said)))

    status = PaymentIntent.objects.get().status
    assert status in ("succeeded", "requires_payment_method")
    assert Charge.objects.count() == (1 if status == "succeeded" else 0)
    assert received() == (10_000 if status == "succeeded" else 0)
    assert (others, status) != ("pass", "requires_payment_method")
    assert ledger.check_drift() == []


@pytest.mark.parametrize("_", range(3))
def test_an_answer_and_another_confirmation_take_the_money_once(client, _):
    asked = pay(client, ALWAYS, return_url=BACK)
    path = f"payment_intents/{asked['id']}"

    def confirm():
        params = {"payment_method": "pm_card_visa"}
        return ApiClient(client.key).post(f"{path}/confirm", params, status=None)

    expected(at_once(lambda: answer(url_of(asked), "pass"), confirm))

    assert client.get(path)["status"] == "succeeded"
    assert Charge.objects.filter(status="succeeded").count() == 1
    assert received() == 10_000
    # What was given up is not charged at the processor either.
    captured = SimulatedOrder.objects.values_list("captured_minor", flat=True)
    assert sum(captured) == 10_000
    assert ledger.check_drift() == []


@pytest.mark.parametrize("_", range(3))
def test_an_answer_and_a_cancellation_agree(client, _):
    asked = pay(client, ALWAYS, return_url=BACK)
    path = f"payment_intents/{asked['id']}"

    def cancel():
        return ApiClient(client.key).post(f"{path}/cancel", status=None)

    expected(at_once(lambda: answer(url_of(asked), "pass"), cancel))

    status = client.get(path)["status"]
    taken = 10_000 if status == "succeeded" else 0
    assert status in ("succeeded", "canceled")
    assert received() == taken
    assert sum(SimulatedOrder.objects.values_list("captured_minor", flat=True)) == taken


def test_the_enquiry_and_the_answer_record_once(client, committed_environment):
    asked = pay(client, ALWAYS, return_url=BACK)
    attempt = Attempt.objects.get()

    def enquire() -> None:
        for _ in range(5):
            services.enquire(attempt_id=attempt.id, now=clock.now())

    expected(at_once(lambda: answer(url_of(asked), "pass"), enquire, enquire))
    services.enquire(attempt_id=attempt.id, now=clock.now())

    assert client.get(f"payment_intents/{asked['id']}")["status"] == "succeeded"
    assert Charge.objects.count() == 1
    assert received() == 10_000
