"""Fifty callers and one payment: whatever they do at once, the money moves once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from apps.core import context
from apps.core.context import Hosted
from apps.ledger import queries as ledger
from apps.payments.models import Attempt, Charge, PaymentIntent, Refund, SimulatedOrder
from tests.client import Answer, ApiClient
from tests.payments.paying import pay
from tests.races import at_once

CALLERS = 50


@pytest.fixture
def client(committed, committed_environment) -> ApiClient:
    """Return a client of an environment whose transactions commit."""
    return ApiClient(committed.secret_key)


def race(client: ApiClient, path: str, params: dict[str, object]) -> Counter[object]:
    """POST the same from 50 threads with 50 idempotency keys; return how often each answer came."""

    def call(number: int) -> Answer:
        return ApiClient(client.key).request(
            "POST", path, params, idempotency_key=f"caller-{number}", status=None
        )

    answers = at_once(*(lambda number=number: call(number) for number in range(CALLERS)))
    unexpected = [answer for answer in answers if isinstance(answer, Exception)]
    assert not unexpected, unexpected[:3]
    return Counter(
        answer.status if answer.status == 200 else answer.error["code"] for answer in answers
    )


def received() -> int:
    """Return what the processor owes us, in cents."""
    code = "processor:sim:receivable"
    return ledger.balances_by_code([code], currency="usd")[code]


def test_fifty_confirmations_charge_once(client):
    intent = pay(client, confirm=False)

    answers = race(client, f"payment_intents/{intent['id']}/confirm", {})

    assert answers == {200: 1, "payment_intent_unexpected_state": CALLERS - 1}
    assert PaymentIntent.objects.get().status == "succeeded"
    assert Charge.objects.count() == SimulatedOrder.objects.count() == 1
    assert received() == 10_000
    assert ledger.check_drift() == []


def test_fifty_captures_take_the_money_once(client):
    intent = pay(client, capture_method="manual")

    answers = race(client, f"payment_intents/{intent['id']}/capture", {"amount_to_capture": 7_000})

    assert answers == {200: 1, "payment_intent_unexpected_state": CALLERS - 1}
    assert SimulatedOrder.objects.filter(kind="capture").count() == 1
    assert received() == 7_000
    assert ledger.check_drift() == []


def test_fifty_refunds_give_back_no_more_than_was_taken(client):
    intent = pay(client)

    answers = race(client, "refunds", {"payment_intent": intent["id"], "amount": 3_000})

    assert answers[200] == 3
    assert set(answers) <= {200, "amount_too_large", "charge_already_refunded"}
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 9_000
    assert received() == 1_000
    assert ledger.check_drift() == []


def test_who_waits_too_long_for_a_payment_is_told_to_try_again(client):
    intent = pay(client, confirm=False)
    path = f"payment_intents/{intent['id']}/confirm"
    with ThreadPoolExecutor(1) as other:
        held, let_go = Event(), Event()
        holding = other.submit(hold, intent["id"], held, let_go, context.current().environment)
        held.wait(timeout=10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        refused = client.request("POST", path, idempotency_key="one", status=409)
        let_go.set()
        holding.result()

    assert refused.error["code"] == "lock_timeout"
    assert refused.headers["Stripe-Should-Retry"] == "true"
    assert client.request("POST", path, idempotency_key="one")["status"] == "succeeded"
    assert received() == 10_000


def hold(intent_id: str, held: Event, let_go: Event, environment: Hosted) -> None:
    """Keep an intent locked, in another thread, until it is let go."""
    try:
        with context.enter(environment, by="system"), transaction.atomic():
            PaymentIntent.objects.select_for_update().get(pk=intent_id)
            held.set()
            let_go.wait(timeout=30)
    finally:
        connection.close()


def test_fifty_retries_with_one_key_pay_once_and_agree(client):
    params = {
        "amount": 10_000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": True,
    }

    def call() -> Answer:
        return ApiClient(client.key).request(
            "POST", "payment_intents", params, idempotency_key="one", status=None
        )

    answers = [answer for answer in at_once(*[call] * CALLERS) if isinstance(answer, Answer)]

    assert len(answers) == CALLERS
    paid = {answer.body for answer in answers if answer.status == 200}
    assert len(paid) == 1
    others = {answer.error["code"] for answer in answers if answer.status != 200}
    assert others <= {"idempotency_key_in_use"}
    assert Attempt.objects.count() == 1
    assert received() == 10_000
