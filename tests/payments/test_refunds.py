"""`/v1/refunds`: in part and in full, never more than was taken."""

import pytest

from apps.core import clock
from apps.ledger import queries as ledger
from apps.payments.domain import Answer, Outcome
from apps.payments.services import attempts, refunds
from tests.payments.paying import pay

pytestmark = pytest.mark.django_db


def test_a_refund_in_part_and_then_the_rest(api, environment):
    intent = pay(api)

    part = api.post("refunds", {"payment_intent": intent["id"], "amount": 4_000})
    rest = api.post(
        "refunds",
        {
            "charge": intent["latest_charge"],
            "reason": "requested_by_customer",
            "metadata": {"a": "b"},
        },
    )

    assert (part["status"], part["amount"], rest["amount"]) == ("succeeded", 4_000, 6_000)
    assert rest["metadata"] == {"a": "b"}
    charge = api.get(
        f"charges/{intent['latest_charge']}", {"expand": ["refunds.data.balance_transaction"]}
    )
    assert (charge["refunded"], charge["amount_refunded"]) == (True, 10_000)
    assert [row["balance_transaction"]["amount"] for row in charge["refunds"]["data"]] == [
        -6_000,
        -4_000,
    ]
    # What the platform earned stays earned: the merchant bears the fee.
    pending = f"account:{environment.account_id}:pending"
    assert ledger.balances_by_code([pending, "processor:sim:receivable"], currency="usd") == {
        pending: -320,
        "processor:sim:receivable": 0,
    }
    assert ledger.check_drift() == []


def test_a_refund_is_told_as_one_of_its_charge_too(api):
    intent = pay(api)
    api.post("refunds", {"payment_intent": intent["id"], "amount": 4_000})
    api.post("refunds", {"payment_intent": intent["id"]})

    whole, part = api.get("events", {"type": "charge.refunded"})["data"]

    assert part["data"]["object"]["amount_refunded"] == 4_000
    assert part["data"]["previous_attributes"] == {"amount_refunded": 0}
    assert whole["data"]["object"]["refunded"] is True
    assert whole["data"]["previous_attributes"] == {"amount_refunded": 4_000, "refunded": False}


def test_a_refund_that_the_processor_refuses_is_put_back(api):
    intent = pay(api)
    given = {"payment_intent": intent["id"], "amount": 4_000}
    attempt = refunds._claim(given=given, now=clock.now())

    refund = attempts._record(attempt, Answer(Outcome.DECLINED, code="expired"), now=clock.now())

    charge = api.get(f"charges/{intent['latest_charge']}")
    assert (refund.status, refund.failure_reason) == ("failed", "expired")
    assert charge["amount_refunded"] == 0
    told = [event["type"] for event in api.get("events", {"limit": 3})["data"]]
    assert told == ["charge.refund.updated", "refund.failed", "refund.created"]
    assert api.get("balance_transactions", {"type": "refund"})["data"] == []
    assert api.post("refunds", {"payment_intent": intent["id"]})["amount"] == 10_000


def test_a_captured_part_is_what_can_be_refunded(api):
    intent = pay(api, capture_method="manual")
    uncaptured = api.post("refunds", {"payment_intent": intent["id"]}, status=400).error
    api.post(f"payment_intents/{intent['id']}/capture", {"amount_to_capture": 6_000})

    too_much = api.post(
        "refunds", {"payment_intent": intent["id"], "amount": 6_001}, status=400
    ).error
    whole = api.post("refunds", {"payment_intent": intent["id"]})
    again = api.post("refunds", {"payment_intent": intent["id"], "amount": 1}, status=400).error

    assert uncaptured["code"] == "charge_not_refundable"
    assert (too_much["code"], too_much["param"]) == ("amount_too_large", "amount")
    assert whole["amount"] == 6_000
    assert again["code"] == "charge_already_refunded"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "charge"),
        ({"charge": "ch_missing"}, "resource_missing", "charge"),
        ({"payment_intent": "pi_missing"}, "resource_missing", "payment_intent"),
        ({"charge": "ch_missing", "reason": "whim"}, None, "reason"),
    ],
)
def test_bad_input_is_named(api, params, code, param):
    error = api.post("refunds", params, status=400).error

    assert (error.get("code"), error["param"]) == (code, param)


def test_refunds_are_listed_retrieved_and_annotated(api):
    intent = pay(api)
    refund = api.post("refunds", {"payment_intent": intent["id"], "amount": 1_000})

    assert api.get("refunds", {"payment_intent": intent["id"]})["data"] == [
        api.get(f"refunds/{refund['id']}")
    ]
    changed = api.post(f"refunds/{refund['id']}", {"metadata": {"why": "late"}})
    assert changed["metadata"] == {"why": "late"}
    listed = api.get(f"charges/{intent['latest_charge']}/refunds")
    assert [row["id"] for row in listed["data"]] == [refund["id"]]
