"""Authorised money: captured in full or part, refused, released, or given up before."""

import pytest

from apps.core import clock
from apps.payments import domain
from apps.payments.domain import Outcome
from apps.payments.models import SimulatedOrder
from apps.payments.services import attempts, capturing
from tests.payments.paying import pay

pytestmark = pytest.mark.django_db


def test_manual_capture_takes_a_part_and_releases_the_rest(api):
    intent = pay(api, capture_method="manual")
    assert (intent["status"], intent["amount_capturable"]) == ("requires_capture", 10_000)
    assert api.get("balance_transactions")["data"] == []

    captured = api.post(
        f"payment_intents/{intent['id']}/capture",
        {"amount_to_capture": 6_000, "expand": ["latest_charge"]},
    )

    assert (captured["status"], captured["amount_received"]) == ("succeeded", 6_000)
    assert captured["amount_capturable"] == 0
    assert captured["latest_charge"]["amount_captured"] == 6_000
    (posted,) = api.get("balance_transactions")["data"]
    assert (posted["amount"], posted["fee"]) == (6_000, 204)
    refused = api.post(f"payment_intents/{intent['id']}/capture", status=400).error
    assert refused["code"] == "payment_intent_unexpected_state"
    assert refused["payment_intent"]["id"] == intent["id"]


def test_a_card_may_be_captured_by_hand_though_the_intent_says_nothing(api):
    intent = pay(api, payment_method_options={"card": {"capture_method": "manual"}})
    path = f"payment_intents/{intent['id']}/capture"
    assert (intent["status"], intent["amount_received"]) == ("requires_capture", 0)

    error = api.post(path, {"final_capture": False}, status=400).error
    captured = api.post(
        path, {"statement_descriptor": "CAPTURED LATE", "expand": ["latest_charge"]}
    )

    assert error["param"] == "final_capture"
    assert captured["status"] == "succeeded"
    assert captured["latest_charge"]["statement_descriptor"] == "CAPTURED LATE"


def test_no_more_is_captured_than_was_authorised(api):
    intent = pay(api, capture_method="manual")

    error = api.post(
        f"payment_intents/{intent['id']}/capture", {"amount_to_capture": 10_001}, status=400
    ).error

    assert (error["code"], error["param"]) == ("amount_too_large", "amount_to_capture")
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "requires_capture"


def test_a_refused_capture_leaves_the_authorisation_and_says_so_to_all_who_ask(api):
    intent = pay(api, capture_method="manual")
    attempt = capturing.claim_capture(intent_id=intent["id"], given={}, now=clock.now())
    refused = domain.Answer(Outcome.DECLINED, code="expired")

    # The request, and then the sweeper, which was slower.
    for _ in range(2):
        error = attempts._record(attempt, refused, now=clock.now())

        assert isinstance(error, domain.CardDeclined)
        assert (error.code, error.details["payment_intent"].id) == ("expired", intent["id"])

    again = api.get(f"payment_intents/{intent['id']}")
    assert (again["status"], again["amount_capturable"]) == ("requires_capture", 10_000)
    assert api.post(f"payment_intents/{intent['id']}/capture")["status"] == "succeeded"


def test_an_authorisation_is_released_when_it_is_canceled(api):
    intent = pay(api, capture_method="manual")

    canceled = api.post(
        f"payment_intents/{intent['id']}/cancel",
        {"cancellation_reason": "requested_by_customer", "expand": ["latest_charge"]},
    )

    assert (canceled["status"], canceled["amount_capturable"]) == ("canceled", 0)
    assert canceled["cancellation_reason"] == "requested_by_customer"
    assert canceled["latest_charge"]["refunded"] is True
    assert canceled["latest_charge"]["captured"] is False
    assert SimulatedOrder.objects.filter(kind="void").count() == 1


def test_an_intent_is_canceled_before_it_is_paid_and_not_after(api):
    intent = api.post("payment_intents", {"amount": 10_000, "currency": "usd"})
    assert api.post(f"payment_intents/{intent['id']}/cancel")["status"] == "canceled"
    again = api.post(f"payment_intents/{intent['id']}/cancel", status=400).error
    assert again["code"] == "payment_intent_unexpected_state"

    paid = pay(api)
    error = api.post(f"payment_intents/{paid['id']}/cancel", status=400).error
    assert error["code"] == "payment_intent_unexpected_state"
