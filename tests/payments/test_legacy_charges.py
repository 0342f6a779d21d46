"""Charges without a payment, as older integrations make them: charged, captured, given up."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.models import Job
from apps.ledger import queries as ledger
from apps.payments import services
from apps.payments.models import Attempt, Charge, PaymentIntent, Refund
from apps.payments.services import attempts, legacy_charges
from tests.client import Answer, ApiClient
from tests.payments.books import own, receivable
from tests.payments.orders import let_pass
from tests.payments.paying import event_types, pay

pytestmark = pytest.mark.django_db
TERMS = {"amount": 10_000, "currency": "usd"}
NUMBER = {"number": "4242424242424242", "exp_month": 8, "exp_year": 2035, "name": "Ada"}


def charge(api: ApiClient, source: object = "tok_visa", **more: object) -> Answer:
    """Charge 100.00 dollars without a payment."""
    return api.post("charges", {**TERMS, "source": source, **more})


def test_a_charge_is_made_without_a_payment(api):
    given = {
        "description": "A book",
        "metadata": {"order": "7"},
        "receipt_email": "ada@example.com",
    }

    shown = charge(api, expand=["balance_transaction"], **given)

    assert (shown["status"], shown["paid"], shown["captured"]) == ("succeeded", True, True)
    assert (shown["payment_intent"], shown["customer"]) == (None, None)
    assert {name: shown[name] for name in given} == given
    assert (shown["source"]["object"], shown["source"]["last4"]) == ("card", "4242")
    assert shown["payment_method_details"]["card"]["last4"] == "4242"
    assert shown["balance_transaction"]["net"] == 9_680
    assert (own(), receivable()) == (9_680, 10_000)
    assert PaymentIntent.objects.count() == 0
    assert event_types(shown["id"]) == ["charge.succeeded"]
    assert api.get("charges")["data"] == [api.get(f"charges/{shown['id']}")]
    assert ledger.check_drift() == []


def test_a_declined_charge_is_kept(api):
    error = api.post(
        "charges", {**TERMS, "source": "tok_chargeDeclinedInsufficientFunds"}, status=402
    ).error

    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    failed = api.get(f"charges/{error['charge']}")
    assert (failed["status"], failed["paid"]) == ("failed", False)
    assert failed["failure_code"] == "card_declined"
    assert failed["outcome"]["type"] == "issuer_declined"
    assert event_types(failed["id"]) == ["charge.failed"]
    assert (own(), receivable()) == (0, 0)


def test_a_decline_is_replayed_word_by_word(api):
    given = {**TERMS, "source": "tok_chargeDeclined"}
    first, again = (
        api.request("POST", "charges", given, idempotency_key="once", status=402) for _ in "ab"
    )

    assert again.body == first.body
    assert Charge.objects.count() == 1


def test_a_card_that_wants_a_challenge_is_declined(api):
    """Nobody is there who could be asked: an older integration knows no `requires_action`."""
    error = api.post("charges", {**TERMS, "source": "tok_authenticationRequired"}, status=402).error

    assert error["code"] == "authentication_required"
    assert Attempt.objects.get().status == "failed"
    let_pass(timedelta(days=2))
    assert api.get(f"charges/{error['charge']}")["status"] == "failed"


@pytest.mark.parametrize("name", ["card", "source"])
def test_a_card_is_sent_with_its_number(api, name):
    shown = api.post("charges", {**TERMS, name: {**NUMBER, "cvc": "123"}})

    assert (shown["source"]["name"], shown["source"]["exp_year"]) == ("Ada", 2035)
    assert shown["billing_details"]["name"] == "Ada"
    assert "4242424242424242" not in str(shown)


def test_a_token_is_used_once(api):
    token = api.post("tokens", {"card": NUMBER})["id"]
    shown = charge(api, token)

    error = api.post("charges", {**TERMS, "source": token}, status=400).error

    assert shown["source"]["id"].startswith("card_")
    assert (error["code"], error["param"]) == ("token_already_used", "source")


def test_a_customer_pays_with_what_they_have(api):
    customer = api.post("customers")["id"]
    card = api.post(f"customers/{customer}/sources", {"source": "tok_visa"})
    other = api.post(f"customers/{customer}/sources", {"source": "tok_mastercard"})

    by_default = api.post("charges", {**TERMS, "customer": customer})
    by_name = api.post("charges", {**TERMS, "customer": customer, "source": other["id"]})

    assert (by_default["source"]["id"], by_default["customer"]) == (card["id"], customer)
    assert by_name["source"]["brand"] == "MasterCard"
    assert [row["id"] for row in api.get("charges", {"customer": customer})["data"]] == [
        *(by_name["id"], by_default["id"]),
    ]


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"amount": None}, "amount", "parameter_invalid_empty"),
        ({"amount": 0}, "amount", "amount_too_small"),
        ({"currency": "xxx"}, "currency", None),
        ({"source": None}, "source", "parameter_invalid_empty"),
        ({"source": "tok_missing"}, "source", "resource_missing"),
        ({"source": "card_missing"}, "source", "resource_missing"),
        ({"card": "tok_visa"}, "card", None),
        ({"customer": "cus_missing"}, "customer", "resource_missing"),
        ({"on_behalf_of": "acct_1"}, "on_behalf_of", "parameter_unsupported"),
        ({"source": {"number": "4000000000000001"}}, "source[exp_month]", "parameter_missing"),
    ],
)
def test_bad_input_is_named(api, given, param, code):
    error = api.post("charges", {**TERMS, "source": "tok_visa", **given}, status=400).error

    assert error["param"] == param
    assert code in (None, error.get("code"))
    assert Charge.objects.count() == 0


def test_somebody_has_to_pay(api):
    customer = api.post("customers")["id"]
    theirs = api.post("customers")["id"]
    card = api.post(f"customers/{theirs}/sources", {"source": "tok_visa"})["id"]

    for given in ({}, {"customer": customer}):
        error = api.post("charges", {**TERMS, **given}, status=400).error
        assert (error["code"], error["param"]) == ("parameter_missing", "source")
    for given in ({"source": card}, {"source": card, "customer": customer}):
        error = api.post("charges", {**TERMS, **given}, status=400).error
        assert (error["code"], error["param"]) == ("resource_missing", "source")
    token = {"source": "tok_visa", "customer": customer}
    assert api.post("charges", {**TERMS, **token}, status=400).error["param"] == "source"


@pytest.mark.parametrize(("asked", "taken"), [(None, 10_000), (6_000, 6_000)])
def test_an_authorisation_is_captured(api, asked, taken):
    held = charge(api, capture=False)
    assert (held["status"], held["captured"], held["amount_captured"]) == ("succeeded", False, 0)
    assert receivable() == 0

    given = {} if asked is None else {"amount": asked}
    shown = api.post(f"charges/{held['id']}/capture", {**given, "statement_descriptor": "BOOKS"})

    assert (shown["captured"], shown["amount_captured"]) == (True, taken)
    assert shown["statement_descriptor"] == "BOOKS"
    assert receivable() == taken
    assert event_types(held["id"]) == ["charge.succeeded", "charge.captured"]
    again = api.post(f"charges/{held['id']}/capture", status=400).error
    assert again["code"] == "charge_already_captured"
    assert not Job.objects.filter(task="payments.expire_charge").exists()
    refund = api.post("refunds", {"charge": held["id"]})
    assert (refund["amount"], receivable()) == (taken, 0)


def test_no_more_is_captured_than_was_authorised(api):
    held = charge(api, capture=False)

    error = api.post(f"charges/{held['id']}/capture", {"amount": 10_001}, status=400).error

    assert (error["code"], error["param"]) == ("amount_too_large", "amount")
    assert api.post(f"charges/{held['id']}/capture")["amount_captured"] == 10_000


def test_the_charge_of_a_payment_is_captured_by_the_payment(api):
    intent = pay(api, capture_method="manual")

    error = api.post(f"charges/{intent['latest_charge']}/capture", status=400).error

    assert error["code"] == "charge_not_capturable"
    assert intent["id"] in error["message"]
    assert api.post("charges/ch_missing/capture", status=404).error["param"] == "id"


def test_a_capture_that_the_processor_refuses(api):
    api.post(
        "test_helpers/scenarios",
        {"name": "no", "steps": [{"on": "capture", "nth": 1, "outcome": "decline"}]},
    )
    held = charge(api, capture=False)

    error = api.post(f"charges/{held['id']}/capture", status=402).error

    assert error["charge"] == held["id"]
    assert api.get(f"charges/{held['id']}")["captured"] is False
    assert api.post(f"charges/{held['id']}/capture")["captured"] is True


def test_an_authorisation_is_given_up_by_a_refund(api):
    held = charge(api, capture=False)
    part = api.post("refunds", {"charge": held["id"], "amount": 1}, status=400).error

    refund = api.post("refunds", {"charge": held["id"], "amount": 10_000})

    assert part["param"] == "amount"
    assert (refund["status"], refund["balance_transaction"]) == ("succeeded", None)
    shown = api.get(f"charges/{held['id']}", {"expand": ["refunds"]})
    assert (shown["refunded"], shown["amount_refunded"], shown["captured"]) == (True, 10_000, False)
    assert [row["id"] for row in shown["refunds"]["data"]] == [refund["id"]]
    assert event_types(held["id"])[-1] == "charge.refunded"
    assert (own(), receivable()) == (0, 0)
    error = api.post(f"charges/{held['id']}/capture", status=400).error
    assert error["code"] == "charge_not_capturable"
    assert api.post("refunds", {"charge": held["id"]}, status=400).error["code"] == (
        "charge_not_refundable"
    )


def test_a_release_that_the_processor_refuses_is_a_refund_that_failed(api):
    api.post(
        "test_helpers/scenarios",
        {"name": "no", "steps": [{"on": "cancel", "outcome": "decline"}]},
    )
    held = charge(api, capture=False)

    refund = api.post("refunds", {"charge": held["id"]})

    assert (refund["status"], refund["failure_reason"]) == ("failed", "card_declined")
    assert api.get(f"charges/{held['id']}")["refunded"] is False
    assert api.post(f"charges/{held['id']}/capture")["captured"] is True


def test_an_authorisation_runs_out(api):
    held = charge(api, capture=False)
    until = Charge.objects.get().capture_before
    assert Job.objects.get(task="payments.expire_charge").due_at == until
    details = held["payment_method_details"]["card"]
    assert details["capture_before"] == clock.to_unix(until)

    services.expire_charge(charge_id=held["id"], now=until - timedelta(seconds=1))
    assert api.get(f"charges/{held['id']}") == held

    services.expire_charge(charge_id=held["id"], now=until)
    services.expire_charge(charge_id=held["id"], now=until)
    assert api.get(f"charges/{held['id']}")["refunded"] is True
    assert event_types(held["id"]) == ["charge.succeeded", "charge.expired"]


def test_a_charge_is_annotated(api):
    shown = charge(api)
    customer = api.post("customers")["id"]
    given = {
        "customer": customer,
        "description": "A book",
        "fraud_details": {"user_report": "safe"},
        "metadata": {"order": "7"},
        "receipt_email": "ada@example.com",
        "transfer_group": "books",
        "shipping": {"name": "Ada", "address": {"line1": "1 Main Street"}},
    }

    changed = api.post(f"charges/{shown['id']}", given)

    plain = {name: value for name, value in given.items() if name != "shipping"}
    assert {name: changed[name] for name in plain} == plain
    assert changed["shipping"]["address"]["line1"] == "1 Main Street"
    assert event_types(shown["id"]) == ["charge.succeeded", "charge.updated"]
    other = {"customer": api.post("customers")["id"]}
    assert api.post(f"charges/{shown['id']}", other, status=400).error["param"] == "customer"
    report = {"fraud_details": {"user_report": "perhaps"}}
    error = api.post(f"charges/{shown['id']}", report, status=400).error
    assert error["param"] == "fraud_details[user_report]"
    assert api.post("charges/ch_missing", status=404).error["code"] == "resource_missing"


def test_a_charge_whose_answer_was_lost_is_pending_until_it_is_known(api):
    scenario = {"name": "lost", "steps": [{"on": "charge", "fault": "timeout_after"}]}
    api.post("test_helpers/scenarios", scenario)

    shown = api.request("POST", "charges", {**TERMS, "source": "tok_visa"}, idempotency_key="once")

    assert (shown["status"], shown["paid"], shown["outcome"]) == ("pending", False, None)
    assert receivable() == 0
    let_pass(timedelta(minutes=2))
    assert api.get(f"charges/{shown['id']}")["status"] == "succeeded"
    assert receivable() == 10_000
    again = api.request("POST", "charges", {**TERMS, "source": "tok_visa"}, idempotency_key="once")
    assert again.body == shown.body


def test_a_process_that_died_before_the_processor_was_asked(api):
    given = {**TERMS, "source": "tok_visa"}
    attempt = legacy_charges._claim(given=given, now=clock.now())
    assert Charge.objects.get().status == "pending"

    attempts.enquire(attempt_id=attempt.id, now=clock.now())

    assert Charge.objects.get().status == "succeeded"
    assert receivable() == 10_000


def test_a_charge_without_a_payment_is_disputed(api):
    shown = charge(api, "tok_createDispute")

    let_pass(timedelta(minutes=1))

    dispute = api.get(f"charges/{shown['id']}/dispute")
    assert (dispute["payment_intent"], dispute["status"]) == (None, "needs_response")
    assert api.post(f"disputes/{dispute['id']}/close")["status"] == "lost"
    trail = {row["id"] for row in api.get(f"trail/{dispute['id']}")["objects"]}
    assert {shown["id"], dispute["balance_transactions"][0]["id"]} <= trail


def test_a_charge_without_a_payment_is_refunded_in_parts(api):
    shown = charge(api)

    part = api.post("refunds", {"charge": shown["id"], "amount": 4_000})
    whole = api.post(f"charges/{shown['id']}/refund")

    assert (part["payment_intent"], part["status"]) == (None, "succeeded")
    assert whole["refunded"] is True
    assert Refund.objects.count() == 2
    assert receivable() == 0


def debtor(api: ApiClient, number: str = "000123456789") -> str:
    """Return a customer who pays by debit of a bank account, which is verified."""
    customer = api.post("customers")["id"]
    account = {
        "object": "bank_account",
        "country": "US",
        "currency": "usd",
        "account_holder_name": "Ada",
        "account_holder_type": "individual",
        "routing_number": "110000000",
        "account_number": number,
    }
    made = api.post(f"customers/{customer}/sources", {"source": account})["id"]
    given = {**TERMS, "customer": customer}
    error = api.post("charges", given, status=400).error
    assert (error["code"], error["param"]) == ("bank_account_unverified", "source")
    api.post(f"customers/{customer}/sources/{made}/verify", {"amounts": [32, 45]})
    for name, value in {"currency": "eur", "capture": False}.items():
        assert api.post("charges", {**given, name: value}, status=400).error["param"] == name
    return str(customer)


def test_a_bank_account_is_debited(api):
    shown = api.post("charges", {**TERMS, "customer": debtor(api)})

    assert (shown["status"], shown["paid"], shown["outcome"]) == ("pending", False, None)
    assert shown["source"]["object"] == "bank_account"
    assert shown["payment_method_details"]["type"] == "us_bank_account"
    assert (own(), receivable()) == (0, 0)
    assert event_types(shown["id"]) == ["charge.pending"]
    assert api.post("refunds", {"charge": shown["id"]}, status=400).error["code"] == (
        "charge_not_refundable"
    )

    let_pass(timedelta(days=1))

    paid = api.get(f"charges/{shown['id']}", {"expand": ["balance_transaction"]})
    assert (paid["status"], paid["balance_transaction"]["type"]) == ("succeeded", "payment")
    assert receivable() == 10_000
    assert event_types(shown["id"])[-1] == "charge.succeeded"
    refund = api.post("refunds", {"charge": shown["id"], "expand": ["balance_transaction"]})
    assert refund["destination_details"]["type"] == "us_bank_transfer"
    assert refund["balance_transaction"]["type"] == "payment_refund"


def test_a_debit_that_the_bank_returns_has_failed(api):
    customer = debtor(api, "000222222227")
    shown = api.post("charges", {**TERMS, "customer": customer})
    let_pass(timedelta(days=1))

    failed = api.get(f"charges/{shown['id']}")
    assert (failed["status"], failed["failure_code"]) == ("failed", "insufficient_funds")
    assert (own(), receivable()) == (0, 0)
    assert event_types(shown["id"]) == ["charge.pending", "charge.failed"]
