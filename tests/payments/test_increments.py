"""Authorisations that are captured in parts, and that are raised before."""

from datetime import timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.core.models import Job
from apps.ledger import queries as ledger
from apps.payments import domain, services
from apps.payments.domain import Outcome
from apps.payments.models import Attempt, Charge, SimulatedOrder
from apps.payments.services import attempts, capturing
from tests.payments.paying import event_types, pay

pytestmark = pytest.mark.django_db
IN_PARTS: dict[str, Any] = {
    "capture_method": "manual",
    "payment_method_options": {"card": {"request_multicapture": "if_available"}},
}


def capture(api, intent, amount: int | None = None, **more: object):
    """Capture a part."""
    given = {} if amount is None else {"amount_to_capture": amount}
    return api.post(f"payment_intents/{intent['id']}/capture", {**given, **more})


def raised(api, intent, amount: int, status: int = 200, **more: object):
    """Ask for more."""
    path = f"payment_intents/{intent['id']}/increment_authorization"
    return api.post(path, {"amount": amount, **more}, status=status)


def test_parts_are_captured_until_all_is(api):
    intent = pay(api, **IN_PARTS)

    first = capture(api, intent, 3_000, final_capture=False)
    second = capture(api, intent, 2_000, final_capture=False)
    last = capture(api, intent, 5_000, final_capture=False, expand=["latest_charge"])

    assert (first["status"], first["amount_received"]) == ("requires_capture", 3_000)
    assert (second["amount_received"], second["amount_capturable"]) == (5_000, 5_000)
    assert (last["status"], last["amount_received"]) == ("succeeded", 10_000)
    assert last["latest_charge"]["amount_captured"] == 10_000
    posted = api.get("balance_transactions")["data"]
    assert [one["amount"] for one in posted] == [5_000, 2_000, 3_000]
    assert {one["source"] for one in posted} == {last["latest_charge"]["id"]}
    assert last["latest_charge"]["balance_transaction"] == posted[-1]["id"]
    assert event_types(last["latest_charge"]["id"]) == ["charge.succeeded"] + 3 * [
        "charge.captured"
    ]
    assert ledger.balances_by_code(["processor:sim:receivable"], currency="usd") == {
        "processor:sim:receivable": 10_000
    }
    assert not Job.objects.filter(task="payments.expire").exists()


def test_the_last_part_releases_the_rest(api):
    intent = pay(api, **IN_PARTS)
    capture(api, intent, 3_000, final_capture=False)

    last = capture(api, intent, 1_000)

    assert (last["status"], last["amount_received"]) == ("succeeded", 4_000)
    assert last["amount_capturable"] == 0
    refunded = api.post("refunds", {"payment_intent": intent["id"]})
    assert refunded["amount"] == 4_000


def test_what_is_left_of_a_payment_in_parts_is_given_up(api):
    canceled, expired = pay(api, **IN_PARTS), pay(api, **IN_PARTS)
    for intent in (canceled, expired):
        capture(api, intent, 3_000, final_capture=False)

    api.post(f"payment_intents/{canceled['id']}/cancel")
    services.expire_authorisation(intent_id=expired["id"], now=clock.now() + timedelta(days=8))

    for intent in (canceled, expired):
        ended = api.get(f"payment_intents/{intent['id']}", {"expand": ["latest_charge"]})
        # A part was paid: that is no cancellation.
        assert (ended["status"], ended["canceled_at"]) == ("succeeded", None)
        assert (ended["amount_received"], ended["amount_capturable"]) == (3_000, 0)
        assert (ended["latest_charge"]["refunded"], ended["cancellation_reason"]) == (False, None)
        assert event_types(intent["id"])[-1] == "payment_intent.succeeded"


def test_no_more_is_captured_in_parts_than_was_authorised(api):
    intent = pay(api, **IN_PARTS)
    capture(api, intent, 9_000, final_capture=False)

    error = api.post(
        f"payment_intents/{intent['id']}/capture", {"amount_to_capture": 1_001}, status=400
    ).error

    assert (error["code"], error["param"]) == ("amount_too_large", "amount_to_capture")
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "requires_capture"


def test_an_authorisation_is_raised_and_captured(api):
    intent = pay(api, capture_method="manual", metadata={"nights": "1"})

    more = raised(
        api, intent, 15_000, description="Two nights", metadata={"nights": "2"},
        expand=["latest_charge"],
    )  # fmt: skip

    charge = more["latest_charge"]
    assert (more["status"], more["amount"], more["amount_capturable"]) == (
        "requires_capture",
        15_000,
        15_000,
    )
    assert (more["description"], more["metadata"]) == ("Two nights", {"nights": "2"})
    assert charge["amount"] == 15_000
    assert charge["payment_method_details"]["card"]["amount_authorized"] == 15_000
    assert event_types(charge["id"]) == ["charge.succeeded", "charge.updated"]
    assert event_types(intent["id"])[-1] == "payment_intent.amount_capturable_updated"
    paid = capture(api, intent)
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 15_000)
    order = SimulatedOrder.objects.get(kind="charge")
    assert (order.authorised_minor, order.captured_minor) == (15_000, 15_000)


def test_an_authorisation_that_is_refused_more_stands_as_it_was(api):
    intent = pay(api, capture_method="manual")
    attempt = capturing.claim_increment(
        intent_id=intent["id"], given={"amount": 15_000, "description": "No"}, now=clock.now()
    )
    refused = domain.Answer(Outcome.DECLINED, code="card_declined")

    error = attempts._record(attempt, refused, now=clock.now())

    assert isinstance(error, domain.CardDeclined)
    again = api.get(f"payment_intents/{intent['id']}")
    assert (again["status"], again["amount"], again["amount_capturable"]) == (
        "requires_capture",
        10_000,
        10_000,
    )
    assert again["description"] is None
    assert Charge.objects.get().amount_minor == 10_000
    assert capture(api, intent)["amount_received"] == 10_000


@pytest.mark.parametrize("amount", [10_000, 1])
def test_an_authorisation_is_not_lowered(api, amount):
    intent = pay(api, capture_method="manual")

    error = raised(api, intent, amount, status=400).error

    assert error["param"] == "amount"
    assert not Attempt.objects.filter(kind="increment").exists()


def test_only_what_is_held_can_be_raised(api):
    paid = pay(api)
    in_parts = pay(api, **IN_PARTS)
    capture(api, in_parts, 100, final_capture=False)

    error = raised(api, paid, 20_000, status=400).error
    assert error["code"] == "payment_intent_unexpected_state"
    error = raised(api, in_parts, 20_000, status=400).error
    assert error["code"] == "payment_intent_increment_authorization_invalid"


def test_an_authorisation_is_raised_ten_times_and_no_more(api):
    intent = pay(api, capture_method="manual")
    for number in range(1, 11):
        raised(api, intent, 10_000 + number)

    raised(api, intent, 20_000, status=400)

    assert api.get(f"payment_intents/{intent['id']}")["amount"] == 10_010
