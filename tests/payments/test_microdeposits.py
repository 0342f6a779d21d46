"""Bank accounts that are not verified: micro-deposits, for payments and for set-ups."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.payments import services
from apps.payments.models import Attempt, Mandate, PaymentMethod, SimulatedOrder
from apps.payments.processors import simulator
from tests.client import ApiClient
from tests.payments.acting import _send as visit
from tests.payments.orders import let_pass
from tests.payments.paying import event_types
from tests.payments.test_bank_debits import ACCEPTED, US

pytestmark = pytest.mark.django_db
ACCOUNT = {"account_number": "000123456789", "routing_number": "110000000"}
DATA = {"type": "us_bank_account", "us_bank_account": ACCOUNT, "billing_details": {"name": "Ada"}}
WRONG = {"amounts": [1, 2]}


def begin(api, kind="payment_intents", **more):
    """Confirm a payment, or a set-up, of an account that is not verified."""
    money = {"amount": 2_500, "currency": "usd"} if kind == "payment_intents" else {}
    types = {"payment_method_types": ["us_bank_account"]}
    given = {"payment_method_data": DATA, "mandate_data": ACCEPTED, "confirm": True}
    return api.post(kind, {**types, **money, **given, **more})


def verify(api, intent, given, kind="payment_intents", **options):
    return api.post(f"{kind}/{intent['id']}/verify_microdeposits", given, **options)


@pytest.mark.parametrize("told", [{"amounts": [45, 32]}, {"descriptor_code": "SM11AA"}])
def test_a_payment_is_debited_once_its_account_is_verified(api, told):
    intent = begin(api)

    assert intent["status"] == "requires_action"
    action = intent["next_action"]["verify_with_microdeposits"]
    assert action["microdeposit_type"] == "descriptor_code"
    assert clock.from_unix(action["arrival_date"]) > clock.now() + timedelta(days=1)
    verified = verify(api, intent, told)
    assert (verified["status"], verified["next_action"]) == ("processing", None)
    let_pass(timedelta(minutes=1))
    paid = api.get(f"payment_intents/{intent['id']}")
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 2_500)
    assert event_types(intent["id"]) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.succeeded",
    ]
    assert SimulatedOrder.objects.filter(captured_minor=2_500).count() == 1


def test_a_verified_account_is_not_asked_again(api):
    customer = api.post("customers")["id"]
    first = begin(api, customer=customer, setup_future_usage="off_session")
    verify(api, first, {"amounts": [32, 45]})
    let_pass(timedelta(minutes=1))

    more = {"customer": customer, "payment_method": first["payment_method"], "amount": 100}
    second = api.post("payment_intents", {**US, **more, "confirm": True, "off_session": True})
    assert second["status"] == "processing"


def test_a_set_up_account_is_verified_and_kept(api):
    customer = api.post("customers")["id"]
    intent = begin(api, "setup_intents", customer=customer)

    assert intent["next_action"]["type"] == "verify_with_microdeposits"
    verified = verify(api, intent, {"descriptor_code": "SM11AA"}, "setup_intents")
    assert verified["status"] == "succeeded"
    assert api.get(f"payment_methods/{verified['payment_method']}")["customer"] == customer
    assert api.get(f"mandates/{verified['mandate']}")["status"] == "active"


@pytest.mark.parametrize(
    ("kind", "error"),
    [("payment_intents", "last_payment_error"), ("setup_intents", "last_setup_error")],
)
def test_after_three_wrong_answers_another_account_is_needed(api, kind, error):
    intent = begin(api, kind)

    for _ in range(2):
        refused = verify(api, intent, WRONG, kind, status=400).error
        assert refused["code"] == "payment_method_microdeposit_verification_amounts_mismatch"
    assert api.get(f"{kind}/{intent['id']}")["status"] == "requires_action"
    over = "payment_method_microdeposit_verification_attempts_exceeded"
    assert verify(api, intent, WRONG, kind, status=400).error["code"] == over
    failed = api.get(f"{kind}/{intent['id']}")
    assert (failed["status"], failed[error]["code"]) == ("requires_payment_method", over)
    assert failed["next_action"] is None
    again = verify(api, intent, {"amounts": [32, 45]}, kind, status=400).error
    assert again["code"].endswith("_unexpected_state")
    method = intent["payment_method"]
    confirm = {"payment_method": method, "mandate_data": ACCEPTED}
    refused = api.post(f"{kind}/{intent['id']}/confirm", confirm, status=400).error
    assert refused["code"] == over
    assert Mandate.objects.get().status == "inactive"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"amounts": [10, 11]}, "attempts_exceeded"),
        ({"descriptor_code": "SM33CC"}, "attempts_exceeded"),
        ({"descriptor_code": "SM44DD"}, "timeout"),
        ({"amounts": [40, 41]}, "timeout"),
        ({"descriptor_code": "SMXXXX"}, "descriptor_code_mismatch"),
    ],
)
def test_the_published_values_end_as_they_say(api, told, code):
    refused = verify(api, begin(api), told, status=400).error

    assert refused["code"] == f"payment_method_microdeposit_verification_{code}"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, "parameter_missing"),
        ({"amounts": [32, 45], "descriptor_code": "SM11AA"}, None),
        ({"amounts": [32]}, "payment_method_microdeposit_verification_amounts_invalid"),
    ],
)
def test_what_is_told_is_two_amounts_or_a_code(api, told, code):
    intent = begin(api)
    error = verify(api, intent, told, status=400).error

    assert (error.get("code"), error["param"]) == (code, "amounts")
    assert PaymentMethod.objects.get(pk=intent["payment_method"]).verification_failures == 0


def test_the_same_request_again_is_the_same_try(api):
    intent = begin(api)

    for _ in range(2):
        verify(api, intent, WRONG, status=400, idempotency_key="wrong-once")
    assert PaymentMethod.objects.get(pk=intent["payment_method"]).verification_failures == 1
    for _ in range(2):
        right = verify(api, intent, {"amounts": [32, 45]}, idempotency_key="right-once")
        assert right["status"] == "processing"


def test_deposits_that_never_arrive_verify_nothing(api):
    account = {**ACCOUNT, "account_number": "000666666661"}
    intent = begin(api, payment_method_data={**DATA, "us_bank_account": account})

    refused = verify(api, intent, {"amounts": [32, 45]}, status=400).error
    assert refused["code"].endswith("amounts_mismatch")


def test_who_does_not_tell_in_time_needs_another_account(api):
    intent = begin(api)
    (attempt,) = Attempt.objects.all()

    services.enquire(attempt_id=attempt.id, now=clock.now() + timedelta(days=9))
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "requires_action"
    services.enquire(attempt_id=attempt.id, now=clock.now() + timedelta(days=11))
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "requires_payment_method"


def test_a_browser_verifies_with_the_secret(api, opened):
    browser = ApiClient(opened.sandbox.publishable_key)
    intent = begin(api)
    told = {"descriptor_code": "SM11AA"}

    assert verify(browser, intent, told, status=404).error["code"] == "resource_missing"
    secret = {**told, "client_secret": intent["client_secret"]}
    assert verify(browser, intent, secret, is_whole=False)["status"] == "processing"


def test_a_payment_with_another_method_has_no_deposits(api):
    intent = api.post("payment_intents", {"amount": 100, "currency": "usd"})

    error = verify(api, intent, {"amounts": [32, 45]}, status=400).error
    assert error["code"] == "payment_intent_unexpected_state"


def test_merchants_who_want_no_deposits_get_none(api):
    options = {"us_bank_account": {"verification_method": "instant"}}
    error = api.post(
        "payment_intents",
        {
            **US,
            "amount": 100,
            "confirm": True,
            "mandate_data": ACCEPTED,
            "payment_method_data": DATA,
            "payment_method_options": options,
        },
        status=400,
    ).error

    assert error["param"] == "payment_method_options[us_bank_account][verification_method]"


def test_the_page_takes_the_code(api):
    intent = begin(api)
    url = intent["next_action"]["verify_with_microdeposits"]["hosted_verification_url"]

    asked = visit("GET", url)
    assert asked.status_code == 200
    assert b"6789" in asked.content
    wrong = visit("POST", url, {"descriptor_code": "SM00ZZ"})
    assert b'role="alert"' in wrong.content
    assert b"Thank you" in visit("POST", url, {"descriptor_code": "sm11aa"}).content
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "processing"
    assert visit("GET", url).status_code == 404
    assert visit("GET", url.replace("microdeposits", "challenge")).status_code == 404


class Died(Exception):
    """The process is gone."""


def die(*_: object, **__: object) -> None:
    raise Died


@pytest.mark.parametrize(
    ("told", "status"),
    [({"amounts": [32, 45]}, "processing"), ({"amounts": [10, 11]}, "requires_payment_method")],
)
def test_a_process_that_dies_after_it_heard_leaves_nothing_hanging(api, monkeypatch, told, status):
    intent = begin(api)
    with monkeypatch.context() as dying:
        dying.setattr(simulator, "authenticate", die)
        verify(api, intent, told, status=500)
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "processing"

    let_pass(timedelta(minutes=1))
    asked = api.get(f"payment_intents/{intent['id']}")
    assert asked["next_action"]["type"] == "verify_with_microdeposits"
    verify(api, intent, {"amounts": [32, 45]}, status=None)
    assert api.get(f"payment_intents/{intent['id']}")["status"] == status


def test_where_nobody_may_be_asked_an_account_must_be_verified(api):
    given = {"payment_method_data": DATA, "mandate_data": ACCEPTED, "off_session": True}
    params = {**US, "amount": 100, "confirm": True, **given}
    error = api.post("payment_intents", params, status=402).error

    assert (error["code"], error["type"]) == ("bank_account_unverified", "card_error")
    assert error["payment_intent"]["status"] == "requires_payment_method"
