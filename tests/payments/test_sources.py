"""Sources of the old kind."""

import pytest

from apps.payments.models import PaymentMethod
from tests.payments.paying import event_types

pytestmark = pytest.mark.django_db
IBAN = "DE89 3704 0044 0532 0130 00"
ACCOUNT = {"account_number": "000123456789", "routing_number": "110000000", "country": "US"}


def test_a_card_becomes_a_source_that_a_customer_keeps(api):
    made = api.post(
        "sources",
        {"type": "card", "token": "tok_visa", "owner": {"name": "Ada", "email": "a@example.com"}},
    )

    assert (made["status"], made["usage"], made["flow"]) == ("chargeable", "reusable", "none")
    assert (made["card"]["brand"], made["card"]["last4"]) == ("Visa", "4242")
    assert made["owner"]["email"] == "a@example.com"
    customer = api.post("customers", {"source": made["id"]})
    assert customer["default_source"] == made["id"]
    shown = api.get(f"customers/{customer['id']}/sources/{made['id']}")
    assert (shown["object"], shown["customer"]) == ("source", customer["id"])
    error = api.post("customers", {"source": made["id"]}, status=400).error
    assert (error["code"], error["param"]) == ("source_unexpected_state", "source")
    gone = api.delete(f"customers/{customer['id']}/sources/{made['id']}")
    assert (gone["object"], gone["status"]) == ("source", "consumed")
    assert api.get(f"sources/{made['id']}")["status"] == "consumed"
    assert event_types(made["id"]) == [
        "customer.source.created",
        "customer.source.deleted",
    ]


def test_a_source_for_one_use_is_used_up_and_not_kept(api):
    made = api.post("sources", {"type": "card", "token": "tok_visa", "usage": "single_use"})
    terms = {"amount": 100, "currency": "usd", "confirm": True, "payment_method": made["id"]}

    assert api.post("customers", {"source": made["id"]}, status=400).error["param"] == "source"
    assert api.post("payment_intents", terms)["status"] == "succeeded"
    assert api.get(f"sources/{made['id']}")["status"] == "consumed"
    assert api.post("payment_intents", terms, status=400).error["code"] == (
        "source_unexpected_state"
    )


@pytest.mark.parametrize("path", ["charges", "payment_intents"])
@pytest.mark.parametrize("usage", ["reusable", "single_use"])
def test_a_source_that_nobody_keeps_is_used_up_by_either_door(api, path, usage):
    made = api.post("sources", {"type": "card", "token": "tok_visa", "usage": usage})["id"]
    charge = {"amount": 100, "currency": "usd", "source": made}
    intent = {"amount": 100, "currency": "usd", "confirm": True, "payment_method": made}

    assert api.post(path, charge if path == "charges" else intent)["status"] == "succeeded"

    assert api.get(f"sources/{made}")["status"] == "consumed"
    for door, terms, param in (
        ("charges", charge, "source"),
        ("payment_intents", intent, "payment_method"),
    ):
        error = api.post(door, terms, status=400).error
        assert (error["code"], error["param"]) == ("source_unexpected_state", param)


@pytest.mark.parametrize("path", ["charges", "payment_intents"])
def test_a_source_that_a_customer_keeps_is_charged_again_by_either_door(api, path):
    made = api.post("sources", {"type": "card", "token": "tok_visa"})["id"]
    customer = api.post("customers", {"source": made})["id"]
    terms = {"amount": 100, "currency": "usd", "customer": customer}
    named = {"source": made} if path == "charges" else {"payment_method": made, "confirm": True}

    for _ in range(2):
        assert api.post(path, {**terms, **named})["status"] == "succeeded"

    assert api.get(f"sources/{made}")["status"] == "chargeable"


def test_an_account_with_an_iban_becomes_a_source(api):
    made = api.post("sources", {"type": "sepa_debit", "sepa_debit": {"iban": IBAN}})

    shown = made["sepa_debit"]
    assert (shown["last4"], shown["country"], shown["bank_code"]) == ("3000", "DE", "37040044")
    assert made["currency"] == "eur"
    assert "0532" not in str(PaymentMethod.objects.values().get())


def test_a_us_account_is_charged_once_its_deposits_are_told(api):
    token = api.post("tokens", {"bank_account": ACCOUNT})["id"]
    made = api.post("sources", {"type": "ach_debit", "token": token})
    path = f"sources/{made['id']}"

    assert (made["status"], made["flow"]) == ("pending", "code_verification")
    wrong = api.post(f"{path}/verify", {"values": ["1", "x"]}, status=400).error
    assert (wrong["code"], wrong["param"]) == ("bank_account_verification_failed", "values")
    assert api.get(path)["code_verification"]["attempts_remaining"] == 2
    told = api.post(f"{path}/verify", {"values": ["32", "45"]})

    assert (told["status"], told["code_verification"]["status"]) == ("chargeable", "succeeded")
    assert api.post(f"{path}/verify", {"values": ["32"]}, status=400).error["code"] == (
        "source_unexpected_state"
    )


def test_the_owner_and_the_metadata_are_changed(api):
    made = api.post("sources", {"type": "card", "token": "tok_visa"})
    path = f"sources/{made['id']}"

    changed = api.post(
        path,
        {
            "owner": {"address": {"city": "Rome"}, "name": "Ada"},
            "metadata": {"a": "b"},
            "amount": 5,
        },
    )

    assert (changed["owner"]["address"]["city"], changed["owner"]["name"]) == ("Rome", "Ada")
    assert (changed["metadata"], changed["amount"]) == ({"a": "b"}, 5)
    assert api.post(path, {"mandate": {"currency": "eur"}}, status=400).error["param"] == "mandate"


def test_a_browser_makes_a_source_and_sees_it_with_its_secret(api, publishable_api):
    card = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2040}
    made = publishable_api.request(
        "POST", "sources", {"type": "card", "card": card, "metadata": {"a": "b"}}, is_whole=False
    )
    path = f"sources/{made['id']}"

    assert "metadata" not in made
    publishable_api.get(path, status=404)
    publishable_api.get(path, {"client_secret": "wrong"}, status=404)
    api.get(path, {"client_secret": "wrong"}, status=404)
    shown = publishable_api.get(path, {"client_secret": made["client_secret"]}, is_whole=False)
    assert shown["id"] == made["id"]
    publishable_api.post(path, {"amount": 5}, status=403)


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({}, "type", "parameter_missing"),
        ({"type": "ideal"}, "type", "source_type_unsupported"),
        ({"type": "card"}, "card", "parameter_missing"),
        ({"type": "ach_debit"}, "token", "parameter_missing"),
        ({"type": "card", "token": "tok_no"}, "token", "resource_missing"),
        ({"type": "card", "token": "btok_us"}, "token", "resource_missing"),
        ({"type": "sepa_debit", "sepa_debit": {"iban": "DE00"}}, "sepa_debit[iban]", None),
        ({"type": "card", "sepa_debit": {"iban": IBAN}}, "sepa_debit", None),
        ({"type": "card", "token": "tok_visa", "flow": "redirect"}, "flow", None),
        ({"type": "card", "token": "tok_visa", "customer": "cus_x"}, "customer", None),
        ({"type": "card", "token": "tok_visa", "usage": "often"}, "usage", None),
        ({"type": "card", "token": "tok_visa", "nope": "1"}, "nope", "parameter_unknown"),
    ],
)
def test_what_is_no_source_is_refused(api, params, param, code):
    error = api.post("sources", params, status=400).error

    assert error["param"] == param
    assert code is None or error["code"] == code


def test_nothing_is_received_by_a_source(api):
    path = f"sources/{api.post('sources', {'type': 'card', 'token': 'tok_visa'})['id']}"

    for other in ("source_transactions", "source_transactions/x", "mandate_notifications/x"):
        error = api.get(f"{path}/{other}", status=400).error
        assert error["code"] == "operation_unsupported"
