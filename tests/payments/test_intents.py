"""`/v1/payment_intents`: the whole life of a payment, and everything that is refused."""

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.events.models import Event
from apps.ledger import queries as ledger
from apps.payments import domain
from apps.payments.domain import Outcome
from apps.payments.models import Attempt, PaymentIntent, SimulatedOrder
from apps.payments.services import attempts, intents
from tests.client import Answer, ApiClient

pytestmark = pytest.mark.django_db
# What `make bench-payments` prints: the statements of a create-and-confirm in one request.
STATEMENTS_MAX = 16
NOT_COUNTED = ("BEGIN", "COMMIT", "SET", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


def pay(api: ApiClient, method: str = "pm_card_visa", **more: object) -> Answer:
    """Create and confirm a payment of 100.00 dollars."""
    params = {"amount": 10_000, "currency": "usd", "payment_method": method, "confirm": True}
    return api.post("payment_intents", {**params, **more})


def decline(api: ApiClient, method: str, **more: object) -> Answer:
    """Create and confirm a payment that is declined."""
    params = {"amount": 10_000, "currency": "usd", "payment_method": method, "confirm": True}
    return api.post("payment_intents", {**params, **more}, status=402)


def event_types(object_id: str) -> list[str]:
    """Return what was told of an object, in order."""
    rows = Event.objects.filter(object_id=object_id).order_by("id")
    return list(rows.values_list("type", flat=True))


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
        (
            "pm_card_authenticationRequired",
            "authentication_required",
            "authentication_required",
        ),
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


def test_no_more_is_captured_than_was_authorised(api):
    intent = pay(api, capture_method="manual")

    error = api.post(
        f"payment_intents/{intent['id']}/capture", {"amount_to_capture": 10_001}, status=400
    ).error

    assert (error["code"], error["param"]) == ("amount_too_large", "amount_to_capture")
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "requires_capture"


def test_a_refused_capture_leaves_the_authorisation_and_says_so_to_all_who_ask(api):
    intent = pay(api, capture_method="manual")
    attempt = intents._claim_capture(intent_id=intent["id"], given={}, now=clock.now())
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


def test_a_key_for_browsers_confirms_with_the_client_secret_and_sees_little(api, publishable_api):
    intent = api.post(
        "payment_intents", {"amount": 100, "currency": "usd", "metadata": {"secret": "plan"}}
    )
    path = f"payment_intents/{intent['id']}"
    secret = {"client_secret": intent["client_secret"]}

    publishable_api.get(path, status=404)
    publishable_api.get(path, {"client_secret": "pi_x_secret_y"}, status=404)
    publishable_api.post("payment_intents", {"amount": 1, "currency": "usd"}, status=403)
    publishable_api.get("payment_intents", status=403)
    shown = publishable_api.request("GET", path, secret, is_whole=False)
    paid = publishable_api.request(
        "POST", f"{path}/confirm", {**secret, "payment_method": "pm_card_visa"}, is_whole=False
    )

    assert "metadata" not in shown
    assert "metadata" not in paid
    assert paid["status"] == "succeeded"


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_chargeDeclined"])
@pytest.mark.parametrize("key", [None, "k1"])
def test_a_browser_never_sees_the_merchants_notes(api, publishable_api, method, key):
    note = {"metadata": {"note": "for us alone"}}
    customer = api.post("customers", {"email": "payer@example.com", **note})
    terms = {"amount": 100, "currency": "usd", "customer": customer["id"], **note}
    kept = api.post("payment_methods/pm_card_visa/attach", {"customer": customer["id"]})
    api.post(f"payment_methods/{kept['id']}", note)
    intent = api.post("payment_intents", {**terms, "payment_method": kept["id"]})
    path = f"payment_intents/{intent['id']}"
    asked = {
        "client_secret": intent["client_secret"],
        "expand": ["customer", "latest_charge", "payment_method.customer"],
    }

    params = {**asked, "payment_method": method}
    options = {"status": None, "is_whole": False, "idempotency_key": key}
    answers = [
        publishable_api.get(path, asked, is_whole=False),
        publishable_api.post(f"{path}/confirm", params, **options),
        # Refused, declined again, or replayed.
        publishable_api.post(f"{path}/confirm", params, **options),
    ]

    for answer in answers:
        assert "for us alone" not in answer.body.decode()
        assert "payer@example.com" not in answer.body.decode()
    assert answers[0]["payment_method"]["customer"] == customer["id"]
    assert answers[1].status == (200 if method == "pm_card_visa" else 402)
    assert answers[2].status == (answers[1].status if key or answers[1].status == 402 else 400)
    assert Event.objects.filter(type="payment_intent.created").get().data["metadata"]


def test_a_browser_does_not_replay_the_answers_of_the_server(api, publishable_api):
    intent = api.post("payment_intents", {"amount": 100, "currency": "usd"})
    path = f"payment_intents/{intent['id']}/confirm"
    params = {"payment_method": "pm_card_visa"}
    api.post(path, params, idempotency_key="order-1")

    publishable_api.post(path, params, idempotency_key="order-1", status=404)


def test_how_the_money_is_taken_is_no_decision_of_a_browser(api, publishable_api):
    terms = {"amount": 100, "currency": "usd", "payment_method": "pm_card_visa"}
    held = api.post("payment_intents", {**terms, "capture_method": "manual"})
    manual = api.post("payment_intents", {**terms, "confirmation_method": "manual"})

    for intent, more in ((held, {"capture_method": "automatic"}), (manual, {})):
        path = f"payment_intents/{intent['id']}"
        secret = {"client_secret": intent["client_secret"]}
        error = publishable_api.post(f"{path}/confirm", {**secret, **more}, status=400).error

        assert error["code"] == "secret_key_required"
        assert api.get(path)["status"] == "requires_confirmation"


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


def test_an_enquiry_is_due_until_the_outcome_is_recorded(api):
    from apps.core.models import Job

    pay(api)

    assert not Job.objects.filter(task="payments.enquire").exists()
    assert settings.PROCESSOR_ENQUIRY_DELAY_S > 0
