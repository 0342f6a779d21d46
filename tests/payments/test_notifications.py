"""What processors say by themselves: who is believed, and that nothing is applied twice."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from apps.core import clock, context
from apps.core.models import Job
from apps.ledger import queries as ledger
from apps.payments import services
from apps.payments.domain import InvalidNotification, Notification
from apps.payments.models import (
    Attempt,
    Charge,
    ReceivedNotification,
    SimulatedEvent,
    SimulatedOrder,
)
from apps.payments.processors import simulator
from apps.payments.services import attempts, confirming, notifications
from tests.payments.orders import let_pass
from tests.payments.paying import event_types, pay

pytestmark = pytest.mark.django_db
MOMENT = timedelta(seconds=10)
TERMS = {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa"}


def said(reference, *, kind="order", sequence=1, notification_id="ntf_1", **facts):
    """Return the body of a notification."""
    return simulator.write_notification(
        Notification(
            id=notification_id,
            kind=kind,
            reference=reference,
            sequence=sequence,
            occurred_at=clock.now(),
            facts=facts,
        )
    )


def send(environment, body, *, headers=None, processor="sim", environment_id=None):
    """Send a notification by HTTP, signed unless `headers` are given."""
    if headers is None:
        secret = notifications.secret_of(processor)
        headers = simulator.sign_notification(body, secret=secret, now=clock.now())
    path = f"/processors/{environment_id or environment.id}/{processor}/notifications"
    client = Client(enforce_csrf_checks=True)
    with context.enter(environment, by="system"):  # a request leaves `public` current
        return client.post(path, body, content_type="application/json", headers=headers)


def test_a_notification_has_an_order_looked_at(environment):
    # A process dies after the processor has charged, and before that is written down.
    attempt = confirming.create_and_claim(given=TERMS, now=clock.now())
    attempts._submit(attempt, now=clock.now())

    answer = send(environment, said(attempt.id))

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert Attempt.objects.get().status == "open"  # a job does it, not whoever tells
    let_pass()
    assert Attempt.objects.get().status == "succeeded"
    assert Charge.objects.get().status == "succeeded"
    assert ReceivedNotification.objects.get().applied_at is not None
    assert not Job.objects.filter(key__startswith="notice:").exists()


def test_the_same_notification_is_kept_once(environment):
    intent_of = confirming.create_and_claim(given=TERMS, now=clock.now())
    body = said(intent_of.id)
    for _ in range(3):
        assert send(environment, body).status_code == 200
    assert ReceivedNotification.objects.count() == 1
    assert Job.objects.filter(task="payments.notice").count() == 1


def test_an_order_that_has_ended_stays_as_it_is(api, environment):
    paid = pay(api)
    attempt = Attempt.objects.get()
    before = event_types(paid["id"])
    for number in range(3):
        send(environment, said(attempt.id, notification_id=f"ntf_{number}", sequence=number))
    let_pass()

    assert event_types(paid["id"]) == before
    assert len(api.get("balance_transactions")["data"]) == 1


def test_nobody_else_is_believed(environment, other_environment):
    body = said("att_1")
    now = clock.now()
    secret = notifications.secret_of("sim")
    good = simulator.sign_notification(body, secret=secret, now=now)
    old = simulator.sign_notification(body, secret=secret, now=now - timedelta(minutes=6))
    other = simulator.sign_notification(body, secret="another", now=now)
    for headers in ({}, {"Simulator-Signature": "t=1"}, {"Simulator-Signature": "x"}, old, other):
        answer = send(environment, body, headers=headers)
        assert answer.status_code == 400, headers
        assert answer.json()["error"]["type"] == "invalid_request_error"
    # What was signed for one environment is nothing in another, nor with another body.
    assert send(environment, body, headers=good, environment_id=other_environment.id).status_code
    for body_too in (body + b" ", b"{}"):
        assert send(environment, body_too, headers=good).status_code == 400
    assert ReceivedNotification.objects.count() == 0
    assert send(environment, body, headers=good).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"id": 1}', b"\xff"])
def test_what_says_nothing_is_refused_though_it_is_signed(environment, body):
    assert send(environment, body).status_code == 400


def test_an_address_that_was_given_to_nobody(environment, live_environment):
    body = said("att_1")
    assert send(environment, body, environment_id="env_none").status_code == 404
    assert send(environment, body, environment_id="env\x00").status_code == 404
    assert send(environment, body, environment_id=live_environment.id).status_code == 404
    assert send(environment, body, processor="other", headers={}).status_code == 404
    assert send(environment, b"x" * (256 * 1024 + 1)).status_code == 413
    path = f"/processors/{environment.id}/sim/notifications"
    assert Client().get(path).status_code == 405


def test_a_notification_of_nothing_is_kept_and_done(environment):
    assert send(environment, said("att_of_nobody")).status_code == 200
    assert send(environment, said("x", kind="gossip", notification_id="2")).status_code == 200
    let_pass()
    assert [row.applied_at is None for row in ReceivedNotification.objects.all()] == [False]


def test_a_dispute_of_a_charge_that_is_not_recorded_yet_waits(environment):
    attempt = confirming.create_and_claim(given=TERMS, now=clock.now())
    attempts._submit(attempt, now=clock.now())
    facts = {"charge": attempt.id, "status": "needs_response", "amount": 500, "currency": "usd"}
    send(environment, said("dispute_1", kind="dispute", sequence=0, **facts))
    now = let_pass()
    assert ReceivedNotification.objects.get().applied_at is None

    services.enquire(attempt_id=attempt.id, now=now)
    let_pass(timedelta(minutes=2))

    assert ReceivedNotification.objects.get().applied_at is not None
    assert Charge.objects.get().disputed


def test_facts_that_make_no_sense_are_refused_once_and_for_all(api, environment):
    pay(api)
    facts = {"charge": Attempt.objects.get().id, "status": "unheard of"}
    send(environment, said("dispute_1", kind="dispute", **facts))
    let_pass()
    assert ReceivedNotification.objects.get().applied_at is not None
    assert not Job.objects.filter(key__startswith="notice:").exists()


def test_a_processor_that_does_not_answer_is_asked_again(api, environment):
    attempt = confirming.create_and_claim(given=TERMS, now=clock.now())
    attempts._submit(attempt, now=clock.now())
    scenario = api.post(
        "test_helpers/scenarios",
        {"name": "away", "steps": [{"on": "enquire", "nth": 1, "fault": "unavailable"}]},
    )
    send(environment, said(attempt.id))
    let_pass()
    assert Attempt.objects.get().status == "open"
    let_pass(timedelta(minutes=2))
    assert Attempt.objects.get().status == "succeeded"
    assert api.get(f"test_helpers/scenarios/{scenario['id']}")["steps"][0]["seen"] >= 2


@pytest.mark.parametrize(
    ("card", "before", "after"),
    [
        ("pm_card_pendingRefund", "pending", "succeeded"),
        ("pm_card_refundFail", "succeeded", "failed"),
    ],
)
def test_a_refund_that_ends_later(api, card, before, after):
    paid = pay(api, card)
    refund = api.post("refunds", {"payment_intent": paid["id"], "amount": 4_000})
    assert refund["status"] == before

    let_pass(MOMENT)

    assert api.get(f"refunds/{refund['id']}")["status"] == after
    refunded = api.get(f"charges/{paid['latest_charge']}")["amount_refunded"]
    assert refunded == (4_000 if after == "succeeded" else 0)
    balance = ledger.balances_by_code(["processor:sim:receivable"], currency="usd")
    assert balance == {"processor:sim:receivable": 10_000 - refunded}
    assert ledger.check_drift() == []


@pytest.mark.parametrize(
    ("card", "status", "reason"),
    [
        ("pm_card_createDispute", "needs_response", "fraudulent"),
        ("pm_card_createDisputeProductNotReceived", "needs_response", "product_not_received"),
        ("pm_card_createDisputeInquiry", "warning_needs_response", "fraudulent"),
    ],
)
def test_a_payment_that_is_disputed_after_a_moment(api, card, status, reason):
    paid = pay(api, card)
    assert api.get("disputes")["data"] == []

    let_pass(MOMENT)

    (dispute,) = api.get("disputes", {"payment_intent": paid["id"]})["data"]
    assert (dispute["status"], dispute["reason"]) == (status, reason)
    assert (dispute["amount"], dispute["charge"]) == (10_000, paid["latest_charge"])
    taken = 10_000 if status == "needs_response" else 0
    balance = ledger.balances_by_code(["processor:sim:receivable"], currency="usd")
    assert balance == {"processor:sim:receivable": 10_000 - taken}


@pytest.mark.parametrize(
    ("card", "text", "status"),
    [
        ("pm_card_createDispute", "winning_evidence", "won"),
        ("pm_card_createDispute", "losing_evidence", "lost"),
        ("pm_card_createDispute", "who knows", "under_review"),
        ("pm_card_createDisputeInquiry", "winning_evidence", "warning_closed"),
        ("pm_card_createDisputeInquiry", "escalate_inquiry_evidence", "needs_response"),
    ],
)
def test_evidence_decides_a_dispute(api, card, text, status):
    pay(api, card)
    let_pass(MOMENT)
    (dispute,) = api.get("disputes")["data"]

    api.post(
        f"disputes/{dispute['id']}", {"evidence": {"uncategorized_text": text}, "submit": True}
    )
    let_pass(2 * MOMENT)

    assert api.get(f"disputes/{dispute['id']}")["status"] == status
    moved = sum(line.money.minor for line in report())
    balance = ledger.balances_by_code(["processor:sim:receivable"], currency="usd")
    assert balance.get("processor:sim:receivable", 0) == moved
    assert ledger.check_drift() == []


def test_a_dispute_that_is_given_up_is_lost_at_the_processor_too(api):
    pay(api, "pm_card_createDispute")
    let_pass(MOMENT)
    (dispute,) = api.get("disputes")["data"]
    api.post(f"disputes/{dispute['id']}/close")
    let_pass(2 * MOMENT)

    assert api.get(f"disputes/{dispute['id']}")["status"] == "lost"
    assert SimulatedOrder.objects.get(kind="dispute").facts["status"] == "lost"


def test_what_the_simulator_has_planned_happens_once(api):
    pay(api, "pm_card_createDispute")
    event = SimulatedEvent.objects.get()
    now = clock.now() + MOMENT
    for _ in range(3):
        services.simulate(event_id=event.pk, now=now)
    assert SimulatedOrder.objects.filter(kind="dispute").count() == 1
    (told,) = SimulatedEvent.objects.filter(happens="tell")
    for _ in range(3):
        services.simulate(event_id=told.pk, now=now)
    assert ReceivedNotification.objects.count() == 1


def test_a_signature_is_of_one_environment_and_processor(environment):
    body = said("att_1")
    headers = simulator.sign_notification(
        body, secret=notifications.secret_of("other"), now=clock.now()
    )
    with pytest.raises(InvalidNotification):
        services.receive_notification(processor="sim", headers=headers, body=body, now=clock.now())


def test_the_body_is_plain_json():
    told = json.loads(said("att_1", sequence=3))
    assert (told["reference"], told["sequence"], told["kind"]) == ("att_1", 3, "order")


def report():
    """Return what the simulator says that it moved, all of it."""
    since = clock.now() - timedelta(days=1)
    return simulator.Simulator().settle_report(since=since, until=since + timedelta(days=30))
