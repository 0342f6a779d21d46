"""The same key and request: once, and the same answer, byte for byte."""

import json
from datetime import timedelta

import pytest

from apps.api import idempotency
from apps.api.models import IdempotencyKey
from apps.core import clock, context
from apps.core.errors import Conflict
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.events.models import Event
from apps.payments import services as payments
from apps.payments.models import Attempt, Charge, PaymentIntent, SimulatedOrder
from apps.payments.services import attempts, confirming

pytestmark = pytest.mark.django_db
PAYMENT = {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}


def test_a_replay_is_the_first_answer_byte_for_byte(api):
    first = api.post("customers", {"email": "a@example.com"}, idempotency_key="k1")
    changed = api.post(f"customers/{first['id']}", {"email": "b@example.com"})
    replay = api.post("customers", {"email": "a@example.com"}, idempotency_key="k1")

    assert replay.body == first.body
    assert changed["email"] == "b@example.com"
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert replay.headers["Idempotency-Key"] == "k1"
    assert replay.headers["Request-Id"] != first.headers["Request-Id"]
    assert Customer.objects.count() == 1


def test_a_key_names_one_request_only(api):
    api.post("customers", {"email": "a@example.com"}, idempotency_key="k1")

    other = api.post("customers", {"email": "b@example.com"}, idempotency_key="k1", status=400)
    elsewhere = api.post("payment_intents", PAYMENT, idempotency_key="k1", status=400)

    assert other.error["type"] == elsewhere.error["type"] == "idempotency_error"
    assert Customer.objects.count() == 1
    assert not PaymentIntent.objects.exists()


def test_keys_of_two_environments_do_not_meet(api, other_api):
    mine = api.post("customers", {"name": "x"}, idempotency_key="k1")
    theirs = other_api.post("customers", {"name": "y"}, idempotency_key="k1")

    assert mine["id"] != theirs["id"]


def test_a_decline_is_replayed_too(api):
    params = {**PAYMENT, "payment_method": "pm_card_chargeDeclined"}
    first = api.post("payment_intents", params, idempotency_key="k1", status=402)
    replay = api.post("payment_intents", params, idempotency_key="k1", status=402)

    assert replay.body == first.body
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert PaymentIntent.objects.count() == 1


@pytest.mark.parametrize(
    ("params", "status"),
    [({"amount": "x"}, 400), ({"amount": 1, "currency": "usd", "customer": "cus_no"}, 400)],
)
def test_a_refusal_before_anything_ran_leaves_the_key_free(api, params, status):
    api.post("payment_intents", params, idempotency_key="k1", status=status)

    paid = api.post("payment_intents", PAYMENT, idempotency_key="k1")

    assert paid["status"] == "succeeded"


def test_the_answer_is_stored_as_it_was_expanded(api):
    params = {**PAYMENT, "expand": ["latest_charge"]}
    first = api.post("payment_intents", params, idempotency_key="k1")

    assert api.post("payment_intents", params, idempotency_key="k1").body == first.body
    assert first["latest_charge"]["object"] == "charge"


def test_a_request_that_is_still_running_is_not_run_again(api, environment):
    held(environment, lease_s=60)

    answer = api.post("customers", {"name": "x"}, idempotency_key="k1", status=409)

    assert answer.error["code"] == "idempotency_key_in_use"
    assert answer.headers["Stripe-Should-Retry"] == "true"
    assert Customer.objects.count() == 0


def test_a_request_that_died_before_it_began_is_run_by_its_retry(api, environment):
    held(environment, lease_s=-1)

    made = api.post("customers", {"name": "x"}, idempotency_key="k1")

    assert made["name"] == "x"
    assert IdempotencyKey.objects.get().turn == 2


def test_a_process_that_lost_its_key_cannot_commit(api, environment):
    lost = held(environment, lease_s=-1)
    api.post("customers", {"name": "x"}, idempotency_key="k1")

    with context.amended(settle=lost.settle), pytest.raises(Conflict):
        customers.create_customer(given={"name": "x"}, now=clock.now())

    assert Customer.objects.count() == 1


def test_a_payment_that_died_at_the_processor_is_settled_by_looking(api, environment):
    """The process is gone after the call: the enquiry records, and the retry gets the answer."""
    claim = held(environment, path="/v1/payment_intents", params=PAYMENT, lease_s=60)
    attempt = claim_of_a_dead_process(claim)
    IdempotencyKey.objects.update(lease_until=clock.now() - timedelta(seconds=1))

    api.post("payment_intents", PAYMENT, idempotency_key="k1", status=409)
    assert not SimulatedOrder.objects.exists()
    payments.enquire(attempt_id=attempt.id, now=clock.now())
    replay = api.post("payment_intents", PAYMENT, idempotency_key="k1")

    assert (replay["status"], replay["latest_charge"]) == ("succeeded", Charge.objects.get().id)
    assert SimulatedOrder.objects.get().reference == attempt.id
    assert Event.objects.filter(type="payment_intent.succeeded").count() == 1
    payments.enquire(attempt_id=attempt.id, now=clock.now())  # rung twice
    assert Charge.objects.count() == 1


def test_what_is_settled_for_a_browser_shows_what_a_browser_may_see(environment):
    with context.amended(is_public=True):
        claim = held(environment, path="/v1/payment_intents", params=PAYMENT, lease_s=60)
    attempt = claim_of_a_dead_process(claim)

    payments.enquire(attempt_id=attempt.id, now=clock.now())

    stored = IdempotencyKey.objects.get()
    shown = json.loads(bytes(stored.body or b""))
    assert (stored.status, shown["status"]) == (200, "succeeded")
    assert "metadata" not in shown


def test_a_slow_payment_is_recorded_though_a_retry_has_its_key(api, environment):
    claim = held(environment, path="/v1/payment_intents", params=PAYMENT, lease_s=60)
    attempt = claim_of_a_dead_process(claim)  # which turns out to be alive
    IdempotencyKey.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    api.post("payment_intents", PAYMENT, idempotency_key="k1", status=409)

    with context.amended(claim_id=claim.row_id, settle=claim.settle):
        paid = attempts.carry_out(attempt)

    replay = api.post("payment_intents", PAYMENT, idempotency_key="k1")
    assert (replay["id"], replay["status"]) == (paid.id, "succeeded")
    assert Charge.objects.count() == 1


def test_a_claim_with_an_unknown_outcome_is_kept_until_it_is_settled(api, environment):
    claim = held(environment, path="/v1/payment_intents", params=PAYMENT, lease_s=-1)
    attempt = claim_of_a_dead_process(claim)
    after_days = clock.now() + timedelta(days=3)

    assert idempotency.sweep(now=after_days) == 0
    api.post("payment_intents", PAYMENT, idempotency_key="k1", status=409)
    payments.enquire(attempt_id=attempt.id, now=clock.now())
    assert idempotency.sweep(now=after_days) == 1


def test_a_claim_that_began_nothing_is_swept(environment):
    held(environment, lease_s=-1)

    assert idempotency.sweep(now=clock.now() + timedelta(days=3)) == 1


def test_keys_are_kept_a_day(api):
    api.post("customers", {"name": "x"}, idempotency_key="k1")

    assert idempotency.sweep(now=clock.now() + timedelta(hours=23)) == 0
    assert idempotency.sweep(now=clock.now() + timedelta(hours=25)) == 1


def test_a_key_that_is_too_long_is_refused(api):
    answer = api.post("customers", idempotency_key="k" * 256, status=400)

    assert "255" in answer.error["message"]


def held(environment, *, lease_s, path="/v1/customers", params=None):
    """Claim "k1" as another process would that is at work, or dead, right now."""
    given = {name: _as_form(value) for name, value in (params or {"name": "x"}).items()}
    fingerprint = idempotency.fingerprint("POST", path, given)
    claim = idempotency.claim("k1", fingerprint=fingerprint, expand=[], now=clock.now())
    assert isinstance(claim, idempotency.Claim)
    IdempotencyKey.objects.update(lease_until=clock.now() + timedelta(seconds=lease_s))
    return claim


def claim_of_a_dead_process(claim) -> Attempt:
    """Do what a create-and-confirm does up to the call of the processor."""
    with context.amended(claim_id=claim.row_id):
        return confirming.create_and_claim(given=dict(PAYMENT), now=clock.now())


def _as_form(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
