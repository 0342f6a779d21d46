"""Refunds, disputes and failures of one charge at once: no money goes or comes twice."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from apps.core import clock
from apps.core.errors import DomainError
from apps.ledger import queries as ledger
from apps.payments.domain import Answer as Said
from apps.payments.domain import Outcome
from apps.payments.models import Attempt, Charge, Dispute, Refund, SimulatedOrder
from apps.payments.services import attempts, capturing, recording
from tests.client import Answer, ApiClient
from tests.payments.books import own, receivable
from tests.payments.orders import let_pass
from tests.payments.paying import pay
from tests.payments.test_bank_debits import debit
from tests.payments.test_dispute_money import say
from tests.races import at_once

PARTS = 50


@pytest.fixture
def client(committed, committed_environment) -> ApiClient:
    """Return a client of an environment whose transactions commit."""
    return ApiClient(committed.secret_key)


def give_back(client: ApiClient, charge: str, minor: int) -> Answer:
    """Ask for a refund, whatever comes of it."""
    return ApiClient(client.key).post("refunds", {"charge": charge, "amount": minor}, status=None)


def codes(answers: list[object]) -> Counter[object]:
    """Return how often each answer came; what was no answer fails the test."""
    strange = [answer for answer in answers if not isinstance(answer, Answer)]
    assert not strange, strange[:3]
    return Counter(
        answer.status if answer.status == 200 else answer.error["code"]
        for answer in answers
        if isinstance(answer, Answer)
    )


def simulated() -> int:
    """Return what the processor itself says that it kept of the charge, in cents."""
    row = SimulatedOrder.objects.get(kind="charge")
    return row.captured_minor - row.refunded_minor - int(row.facts.get("disputed", 0))


def test_fifty_parts_are_a_whole(client):
    charge = pay(client)["latest_charge"]

    answers = codes(at_once(*[lambda: give_back(client, charge, 200)] * PARTS))

    assert answers == {200: PARTS}
    assert client.get(f"charges/{charge}")["refunded"] is True
    assert Refund.objects.filter(status="succeeded").count() == PARTS
    assert (receivable(), own()) == (simulated(), -320)
    assert receivable() == 0
    assert ledger.check_drift() == []


def test_a_part_that_is_refunded_while_the_next_part_is_captured(client):
    options = {"card": {"request_multicapture": "if_available"}}
    intent = pay(client, capture_method="manual", payment_method_options=options)
    charge, path = intent["latest_charge"], f"payment_intents/{intent['id']}/capture"
    part = {"amount_to_capture": 4_000, "final_capture": False}
    client.post(path, part)
    claimed = capturing.claim_capture(intent_id=intent["id"], given=part, now=clock.now())
    with transaction.atomic():
        # The outcome is read; before it is written, somebody else refunds the first part.
        attempt = recording.lock(claimed)
        (refund,) = at_once(lambda: give_back(client, charge, 3_000))
        recording.record(attempt, answer=Said(Outcome.APPROVED), now=clock.now())

    shown = client.get(f"charges/{charge}")
    assert refund["status"] == "succeeded"
    assert (shown["amount_captured"], shown["amount_refunded"]) == (8_000, 3_000)
    assert receivable() == 5_000


@pytest.mark.parametrize("outcome", [Outcome.APPROVED, Outcome.DECLINED])
def test_a_debit_that_is_disputed_while_its_end_is_recorded_stays_disputed(client, outcome):
    intent = debit(client)
    pending = Attempt.objects.get(kind="charge")
    said = Said(outcome, code="debit_not_authorized", sequence=pending.sequence + 1)
    with transaction.atomic():
        # The charge is read with its payment; before it is written, the payer disputes it.
        attempt = recording.lock(pending)
        (told,) = at_once(lambda: say(intent["latest_charge"], "needs_response"))
        recording.record(attempt, answer=said, now=clock.now())

    shown = client.get(f"charges/{intent['latest_charge']}")
    assert told is None
    assert shown["disputed"] is True
    assert shown["status"] == ("succeeded" if outcome is Outcome.APPROVED else "failed")
    assert ledger.check_drift() == []


def test_refunds_and_the_dispute_of_what_is_left_do_not_overlap(client):
    charge = pay(client)["latest_charge"]

    answers = at_once(
        *[lambda: give_back(client, charge, 1_000)] * 8,
        lambda: say(charge, "needs_response"),
    )

    told = codes(answers[:-1])
    assert answers[-1] is None
    assert set(told) <= {200, "charge_disputed"}
    dispute = Dispute.objects.get()
    assert dispute.balance_transaction_ids
    refunded = 1_000 * told[200]
    assert Charge.objects.get().amount_refunded_minor == refunded
    # The bank takes what it takes; now that it was heard of, nothing more is given back.
    assert receivable() == 10_000 - refunded - 10_000
    assert codes([give_back(client, charge, 1_000)]) == {"charge_disputed": 1}
    assert ledger.check_drift() == []


def test_a_refund_that_comes_back_while_others_are_made(client):
    charge = pay(client, "pm_card_refundFail")["latest_charge"]
    client.post("refunds", {"charge": charge, "amount": 6_000})
    first = Attempt.objects.get(kind="refund")
    failed = Said(Outcome.DECLINED, code="expired_or_canceled_card", sequence=1)
    row = SimulatedOrder.objects.get(kind="charge")
    SimulatedOrder.objects.filter(pk=row.pk).update(refunded_minor=0)

    answers = at_once(
        *[lambda: give_back(client, charge, 3_000)] * 5,
        *[lambda: attempts.settle(first, answer=failed, now=clock.now())] * 3,
    )

    told = codes(answers[:5])
    assert set(told) <= {200, "amount_too_large", "charge_already_refunded"}
    assert not [one for one in answers[5:] if isinstance(one, Exception)]
    shown = client.get(f"charges/{charge}")
    assert shown["amount_refunded"] == 3_000 * told[200] <= 9_000
    assert receivable() == 10_000 - 3_000 * told[200] == simulated()
    assert Refund.objects.get(pk=first.refund_id).status == "failed"
    assert ledger.check_drift() == []


def test_a_refund_is_canceled_once_whoever_asks(client):
    scenario = {"name": "wait", "steps": [{"on": "refund", "outcome": "action"}]}
    client.post("test_helpers/scenarios", scenario)
    refund = client.post("refunds", {"payment_intent": pay(client)["id"]})

    def cancel() -> Answer:
        return ApiClient(client.key).post(f"refunds/{refund['id']}/cancel", status=None)

    def expire() -> Answer:
        path = f"test_helpers/refunds/{refund['id']}/expire"
        return ApiClient(client.key).post(path, status=None)

    told = codes(at_once(*[cancel] * 6, *[expire] * 2))

    assert told[200] >= 1
    refusals = {"refund_unexpected_state", "refund_being_canceled", "simulator_refused"}
    assert set(told) <= {200, *refusals}
    ended = Refund.objects.get()
    assert ended.status in ("canceled", "failed")
    assert ended.charge.amount_refunded_minor == 0
    assert receivable() == 10_000 == simulated()
    assert ledger.check_drift() == []


def test_evidence_is_handed_in_once_whoever_is_first(client):
    charge = pay(client, "pm_card_createDispute")["latest_charge"]
    let_pass(timedelta(minutes=1))
    dispute = client.get(f"charges/{charge}/dispute")

    def send(number: int) -> Answer:
        given = {"evidence": {"customer_name": f"Ada {number}"}}
        return ApiClient(client.key).post(f"disputes/{dispute['id']}", given, status=None)

    def close() -> Answer:
        return ApiClient(client.key).post(f"disputes/{dispute['id']}/close", status=None)

    told = codes(at_once(*(lambda n=n: send(n) for n in range(6)), close, close))

    assert told[200] == 1
    assert set(told) <= {200, "dispute_evidence_pending", "dispute_unexpected_state"}
    assert Attempt.objects.filter(kind="contest").count() == 1
    assert Dispute.objects.get().status in ("under_review", "lost")
    assert receivable() == 0


def test_one_dispute_is_made_of_what_is_told_many_times_at_once(client):
    charge = pay(client)["latest_charge"]
    told = [("needs_response", 1), ("under_review", 2), ("won", 3)] * 4

    answers = at_once(*(lambda one=one: say(charge, *one) for one in told))

    assert not [one for one in answers if isinstance(one, DomainError | Exception)]
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.sequence) == ("won", 3)
    assert len(dispute.balance_transaction_ids) == 2
    assert (receivable(), own()) == (10_000, 9_680)
    assert ledger.check_drift() == []


def test_a_charge_is_captured_once_or_released_once(client):
    given = {"amount": 10_000, "currency": "usd", "source": "tok_visa", "capture": False}
    charge = client.post("charges", given)["id"]

    def capture() -> Answer:
        return ApiClient(client.key).post(f"charges/{charge}/capture", status=None)

    def release() -> Answer:
        return ApiClient(client.key).post("refunds", {"charge": charge}, status=None)

    told = codes(at_once(*[capture] * 5, *[release] * 3))

    shown = client.get(f"charges/{charge}")
    assert told[200] >= 1
    assert receivable() == shown["amount_captured"] - (
        shown["amount_refunded"] if shown["captured"] else 0
    )
    assert receivable() == (simulated() if shown["captured"] else 0)
    assert Attempt.objects.filter(kind="capture").exclude(status="failed").count() <= 1
    assert ledger.check_drift() == []
