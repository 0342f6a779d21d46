"""`/v1/payment_intents`: the whole life of a payment, and everything that is refused."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.core.models import Job
from apps.events.models import Event
from apps.ledger import queries as ledger
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services import attempts, confirming
from tests.payments.paying import decline, event_types, pay

pytestmark = pytest.mark.django_db
# Of a create-and-confirm in one request: the promise that `make bench-payments` measures.
STATEMENTS_MAX = 16
NOT_COUNTED = ("BEGIN", "COMMIT", "SET", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


def test_a_payment_from_the_wish_to_the_money(api):
    intent = api.post("payment_intents", {"amount": 10_000, "currency": "USD"})
    assert intent["status"] == "requires_payment_method"
    assert intent["client_secret"].startswith(f"{intent['id']}_secret_")

    path = f"payment_intents/{intent['id']}"
    chosen = api.post(path, {"payment_method": "pm_card_visa"})
    assert chosen["status"] == "requires_confirmation"

    paid = api.post(f"{path}/confirm", {"expand": ["latest_charge.balance_transaction"]})

    charge = paid["latest_charge"]
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 10_000)
    assert (charge["paid"], charge["captured"], charge["amount_captured"]) == (True, True, 10_000)
    assert charge["balance_transaction"]["amount"] == 10_000
    assert charge["balance_transaction"]["fee"] == 320  # 2.9 % + 0.30
    assert charge["balance_transaction"]["net"] == 9_680
    assert event_types(intent["id"]) == [
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    assert event_types(charge["id"]) == ["charge.succeeded"]


def test_the_money_is_in_the_ledger_and_nowhere_else(api, environment):
    pay(api)

    account = environment.account_id
    assert ledger.balances_by_code(
        ["processor:sim:receivable", f"account:{account}:pending", "platform:fees"], currency="usd"
    ) == {
        "processor:sim:receivable": 10_000,
        f"account:{account}:pending": 9_680,
        "platform:fees": 320,
    }
    assert ledger.check_drift() == []


def test_create_and_confirm_takes_few_statements(api):
    pay(api)  # ledger accounts and caches are there
    with CaptureQueriesContext(connection) as captured:
        api.post(
            "payment_intents",
            {
                "amount": 10_000,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "confirm": True,
            },
            idempotency_key="counted",
        )

    statements = [
        query["sql"] for query in captured if not query["sql"].lstrip().startswith(NOT_COUNTED)
    ]
    assert len(statements) <= STATEMENTS_MAX, "\n".join(sql[:120] for sql in statements)


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        (
            "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
            "card_declined",
            "card_velocity_exceeded",
        ),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_decline_says_why_and_moves_no_money(api, method, code, decline_code):
    error = decline(api, method).error

    intent = error["payment_intent"]
    assert (error["type"], error["code"]) == ("card_error", code)
    assert error["decline_code"] == decline_code
    assert intent["status"] == "requires_payment_method"
    assert intent["payment_method"] is None
    assert intent["last_payment_error"]["code"] == code
    assert intent["latest_charge"] == error["charge"]
    charge = api.get(f"charges/{error['charge']}")
    assert (charge["status"], charge["paid"], charge["captured"]) == ("failed", False, False)
    assert charge["balance_transaction"] is None
    assert event_types(intent["id"])[-1] == "payment_intent.payment_failed"
    assert api.get("balance_transactions")["data"] == []
    # Another method, and it goes through.
    again = api.post(f"payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"})
    assert (again["status"], again["last_payment_error"]) == ("succeeded", None)


def test_an_address_is_shown_with_all_its_parts(api):
    given = {"address": {"city": "Rome"}, "name": "Ada"}
    terms = {"amount": 100, "currency": "usd", "shipping": given}
    customer = api.post("customers", {"address": given["address"], "shipping": given})
    intent = api.post("payment_intents", terms)

    parts = {"city", "country", "line1", "line2", "postal_code", "state"}
    for address in (customer["address"], customer["shipping"]["address"]):
        assert (set(address), address["city"]) == (parts, "Rome")
    assert set(intent["shipping"]["address"]) == parts
    assert intent["shipping"]["tracking_number"] is None


def test_the_terms_of_a_paid_intent_are_fixed_and_its_texts_are_not(api):
    paid = pay(api, metadata={"order": "1", "note": "x"})
    path = f"payment_intents/{paid['id']}"

    error = api.post(path, {"amount": 1}, status=400).error
    changed = api.post(path, {"description": "Order 1", "metadata": {"note": "", "more": "y"}})

    assert error["code"] == "payment_intent_unexpected_state"
    assert changed["amount"] == 10_000
    assert changed["description"] == "Order 1"
    assert changed["metadata"] == {"order": "1", "more": "y"}
    assert api.post(path, {"metadata": ""})["metadata"] == {}


def test_an_intent_needs_a_method_before_it_is_confirmed(api):
    intent = api.post("payment_intents", {"amount": 10_000, "currency": "usd"})

    error = api.post(f"payment_intents/{intent['id']}/confirm", status=400).error

    assert error["code"] == "payment_intent_unexpected_state"
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 100}, "parameter_missing", "currency"),
        ({"amount": "1.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1e3", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": -5, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 0, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 2**63, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 100, "currency": "xxx"}, "invalid_currency", "currency"),
        ({"amount": 100, "currency": "usd", "nope": 1}, "parameter_unknown", "nope"),
        (
            {"amount": 100, "currency": "usd", "shipping": {"nme": "x"}},
            "parameter_unknown",
            "shipping[nme]",
        ),
        (
            {"amount": 100, "currency": "usd", "shipping": {"name": "x"}},
            "parameter_missing",
            "shipping[address]",
        ),
        (
            {"amount": 100, "currency": "usd", "confirm": "yes"},
            "parameter_invalid_boolean",
            "confirm",
        ),
        (
            {"amount": 100, "currency": "usd", "customer": "cus_missing"},
            "resource_missing",
            "customer",
        ),
        (
            {"amount": 100, "currency": "usd", "payment_method": "pm_missing"},
            "resource_missing",
            "payment_method",
        ),
        (
            {"amount": 100, "currency": "usd", "payment_method": "visa"},
            "resource_missing",
            "payment_method",
        ),
        (
            {"amount": 100, "currency": "usd", "payment_method_data": {"type": "card"}},
            "parameter_missing",
            "payment_method_data[card]",
        ),
        (
            {
                "amount": 100,
                "currency": "usd",
                "payment_method_data": {"type": "card", "card": {"token": "visa"}},
            },
            "resource_missing",
            "payment_method_data[card][token]",
        ),
        (
            {
                "amount": 100,
                "currency": "usd",
                "payment_method_data": {"type": "card", "card": {"exp_month": 1}},
            },
            "parameter_missing",
            "payment_method_data[card][number]",
        ),
        (
            {"amount": 100, "currency": "usd", "payment_method_types": ["barter"]},
            None,
            "payment_method_types[0]",
        ),
        (
            {"amount": 100, "currency": "usd", "expand": ["amount"]},
            "property_not_expandable",
            "expand",
        ),
    ],
)
def test_bad_input_is_named_and_changes_nothing(api, params, code, param):
    before = Event.objects.count()

    error = api.post("payment_intents", params, status=400).error

    assert (error["type"], error.get("code")) == ("invalid_request_error", code)
    assert error["param"] == param
    assert Event.objects.count() == before
    assert not PaymentIntent.objects.exists()


def test_a_card_of_one_customer_does_not_pay_for_another(api):
    owner, someone = api.post("customers"), api.post("customers")
    method = api.post("payment_methods/pm_card_visa/attach", {"customer": owner["id"]})

    error = api.post(
        "payment_intents",
        {
            "amount": 100,
            "currency": "usd",
            "customer": someone["id"],
            "payment_method": method["id"],
        },
        status=400,
    ).error

    assert error["param"] == "payment_method"


def test_a_saved_method_is_attached_to_the_customer_who_paid(api):
    customer = api.post("customers")

    paid = pay(api, customer=customer["id"], setup_future_usage="off_session")

    (kept,) = api.get(f"customers/{customer['id']}/payment_methods")["data"]
    assert kept["id"] == paid["payment_method"]
    assert event_types(kept["id"]) == ["payment_method.attached"]


def test_a_method_that_was_attached_to_someone_since_does_not_pay_for_another(api):
    payer, other = api.post("customers"), api.post("customers")
    method = api.post("payment_methods", {"type": "card", "card": {"token": "tok_visa"}})
    terms = {"amount": 100, "currency": "usd", "payment_method": method["id"]}
    intent = api.post("payment_intents", {**terms, "customer": payer["id"]})
    api.post(f"payment_methods/{method['id']}/attach", {"customer": other["id"]})

    error = api.post(f"payment_intents/{intent['id']}/confirm", status=400).error

    assert error["code"] == "payment_method_customer_mismatch"
    assert Attempt.objects.count() == 0


def test_an_intent_cannot_change_to_a_customer_whose_method_it_has_not(api):
    owner, other = api.post("customers"), api.post("customers")
    method = api.post("payment_methods/pm_card_visa/attach", {"customer": owner["id"]})
    terms = {"amount": 100, "currency": "usd", "payment_method": method["id"]}
    intent = api.post("payment_intents", {**terms, "customer": owner["id"]})
    path = f"payment_intents/{intent['id']}"

    api.post(path, {"customer": other["id"]}, status=400)

    assert api.get(path)["customer"] == owner["id"]


def test_a_method_is_let_go_by_an_empty_one(api):
    intent = api.post(
        "payment_intents", {"amount": 100, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    assert intent["status"] == "requires_confirmation"

    for _ in range(2):
        intent = api.post(f"payment_intents/{intent['id']}", {"payment_method": ""})

        assert (intent["payment_method"], intent["status"]) == (None, "requires_payment_method")


def test_live_payments_are_refused_until_a_processor_is_set_up(live_api):
    intent = live_api.post("payment_intents", {"amount": 100, "currency": "usd"})

    error = live_api.post(
        f"payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"}, status=400
    ).error

    assert error["code"] == "resource_missing"  # test cards do not exist here
    assert intent["livemode"] is True


def test_the_money_of_an_instant_card_is_available_at_once(api):
    paid = pay(api, "pm_card_bypassPending", expand=["latest_charge.balance_transaction"])

    posted = paid["latest_charge"]["balance_transaction"]
    assert posted["available_on"] <= posted["created"]


def test_the_lists_filter_and_page(api):
    customer = api.post("customers")
    mine = [pay(api, customer=customer["id"])["id"] for _ in range(3)]
    pay(api)

    first = api.get("payment_intents", {"customer": customer["id"], "limit": 2})
    rest = api.get(
        "payment_intents",
        {"customer": customer["id"], "limit": 2, "starting_after": first["data"][-1]["id"]},
    )
    newer = api.get(
        "payment_intents", {"customer": customer["id"], "ending_before": rest["data"][0]["id"]}
    )

    assert [intent["id"] for intent in first["data"] + rest["data"]] == mine[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert [intent["id"] for intent in newer["data"]] == mine[:0:-1]
    charges = api.get("charges", {"payment_intent": mine[0], "expand": ["data.customer"]})["data"]
    assert [charge["customer"]["id"] for charge in charges] == [customer["id"]]


def test_a_list_expands_with_one_query_for_each_path(api):
    customer = api.post("customers")
    for _ in range(3):
        pay(api, customer=customer["id"])

    def queries_for(limit: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            api.get("payment_intents", {"limit": limit, "expand": ["data.latest_charge.customer"]})
        return len(captured)

    assert queries_for(1) == queries_for(3)


def test_an_enquiry_is_due_until_the_outcome_is_recorded(api, environment):
    terms = {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa"}
    attempt = confirming.create_and_claim(given=terms, now=clock.now())
    (due,) = Job.objects.filter(task="payments.enquire")
    assert due.kwargs == {"attempt_id": attempt.id}
    assert due.due_at - attempt.created_at == timedelta(
        seconds=settings.PROCESSOR_ENQUIRY_DELAYS_S[0]
    )

    attempts.carry_out(attempt)

    assert not Job.objects.filter(task="payments.enquire").exists()
