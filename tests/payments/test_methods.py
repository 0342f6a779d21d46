"""`/v1/payment_methods`: test cards, customers, and numbers that are refused."""

from datetime import UTC, datetime

import pytest
from django.core import serializers

from apps.payments import domain
from apps.payments.models import PaymentMethod

pytestmark = pytest.mark.django_db


def test_a_test_card_is_attached_listed_and_detached(api):
    customer = api.post("customers")
    method = api.post("payment_methods/pm_card_mastercard/attach", {"customer": customer["id"]})
    assert (method["card"]["brand"], method["card"]["last4"]) == ("mastercard", "4444")
    assert method["customer"] == customer["id"]

    path = f"customers/{customer['id']}/payment_methods"
    assert [row["id"] for row in api.get(path, {"type": "card"})["data"]] == [method["id"]]
    assert api.get(f"{path}/{method['id']}")["id"] == method["id"]
    assert api.get("payment_methods", {"customer": customer["id"]})["data"] != []

    detached = api.post(f"payment_methods/{method['id']}/detach")
    assert detached["customer"] is None
    assert api.get(path)["data"] == []
    again = api.post(f"payment_methods/{method['id']}/detach", status=400).error
    assert again["code"] == "payment_method_unexpected_state"


def test_a_detached_method_is_not_used_again(api):
    customer = api.post("customers")
    method = api.post("payment_methods/pm_card_visa/attach", {"customer": customer["id"]})
    terms = {"amount": 100, "currency": "usd", "payment_method": method["id"]}
    intent = api.post("payment_intents", {**terms, "customer": customer["id"]})
    api.post(f"payment_methods/{method['id']}/detach")

    for path, params in (
        (f"payment_methods/{method['id']}/attach", {"customer": customer["id"]}),
        (f"payment_intents/{intent['id']}/confirm", {}),
        ("payment_intents", terms),
    ):
        error = api.post(path, params, status=400).error
        assert error["code"] == "payment_method_unexpected_state", path


@pytest.mark.parametrize(
    ("card", "last4"),
    [
        ({"token": "tok_visa"}, "4242"),
        ({"number": "5555 5555 5555 4444", "exp_month": 1, "exp_year": 2031}, "4444"),
        ({"number": "378282246310005", "cvc": "1234"}, "0005"),
    ],
)
def test_a_card_is_made_from_a_token_or_a_published_number(api, card, last4):
    method = api.post(
        "payment_methods",
        {
            "type": "card",
            "card": card,
            "billing_details": {"name": "Ada", "address": {"city": "Rome"}},
        },
    )

    assert method["card"]["last4"] == last4
    assert method["billing_details"]["address"]["city"] == "Rome"
    changed = api.post(
        f"payment_methods/{method['id']}", {"card": {"exp_year": 2033}, "metadata": {"a": "b"}}
    )
    assert (changed["card"]["exp_year"], changed["metadata"]) == (2033, {"a": "b"})


def test_a_card_is_good_until_the_end_of_its_month():
    now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)

    domain.check_expiry(month=11, year=2026, now=now)
    domain.check_expiry(month=1, year=2027, now=now)
    for month, year, code in (
        (10, 2026, "invalid_expiry_month"),
        (12, 2025, "invalid_expiry_year"),
    ):
        with pytest.raises(domain.CardDeclined) as refused:
            domain.check_expiry(month=month, year=year, now=now)
        assert refused.value.code == code


def test_an_expired_card_is_refused(api):
    card = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2034}
    method = api.post("payment_methods", {"type": "card", "card": card})

    for path, given in (
        ("payment_methods", {"type": "card", "card": card | {"exp_year": 2020}}),
        (f"payment_methods/{method['id']}", {"card": {"exp_year": 2020}}),
    ):
        error = api.post(path, given, status=402).error
        assert (error["type"], error["code"], error["param"]) == (
            "card_error",
            "invalid_expiry_year",
            "exp_year",
        ), path
    assert api.get(f"payment_methods/{method['id']}")["card"]["exp_year"] == 2034


def test_no_other_number_is_taken_and_none_is_repeated_or_kept(api):
    number = "4111111111111111"
    refused = api.post("payment_methods", {"type": "card", "card": {"number": number}}, status=400)
    wrong = api.post(
        "payment_methods", {"type": "card", "card": {"number": "4242424242424241"}}, status=402
    )
    api.post("payment_methods", {"type": "card", "card": {"number": "4242424242424242"}})

    assert (refused.error["code"], refused.error["param"]) == (
        "card_number_refused",
        "card[number]",
    )
    assert wrong.error["code"] == "incorrect_number"
    assert number not in refused.body.decode()
    assert "4242424242424242" not in serializers.serialize("json", PaymentMethod.objects.all())


def test_a_live_environment_takes_no_number_at_all(live_api):
    error = live_api.post(
        "payment_methods", {"type": "card", "card": {"number": "4242424242424242"}}, status=400
    ).error

    assert error["code"] == "card_number_refused"


def test_a_card_that_is_always_declined_is_not_kept(api):
    customer = api.post("customers")

    error = api.post(
        "payment_methods/pm_card_chargeDeclined/attach", {"customer": customer["id"]}, status=402
    ).error

    assert (error["type"], error["code"]) == ("card_error", "card_declined")
    assert api.get(f"customers/{customer['id']}/payment_methods")["data"] == []


def test_a_card_may_attach_and_then_fail(api):
    customer = api.post("customers")
    method = api.post(
        "payment_methods/pm_card_chargeCustomerFail/attach", {"customer": customer["id"]}
    )

    error = api.post(
        "payment_intents",
        {
            "amount": 100,
            "currency": "usd",
            "customer": customer["id"],
            "payment_method": method["id"],
            "confirm": True,
        },
        status=402,
    ).error

    assert error["code"] == "card_declined"


def test_the_same_card_has_the_same_fingerprint_for_one_account_only(api, other_api):
    card = {"type": "card", "card": {"token": "tok_visa"}}
    first, second = (api.post("payment_methods", card)["card"] for _ in range(2))
    elsewhere = other_api.post("payment_methods", card)["card"]

    assert first["fingerprint"] == second["fingerprint"] != elsewhere["fingerprint"]


def test_a_deleted_customer_gets_no_card(api):
    customer = api.post("customers")
    assert api.delete(f"customers/{customer['id']}")["deleted"] is True

    error = api.post(
        "payment_methods/pm_card_visa/attach", {"customer": customer["id"]}, status=400
    ).error

    assert (error["code"], error["param"]) == ("resource_missing", "customer")
