"""Tokens: made by whoever has the number, used once, and never with the number in them."""

import pytest

from apps.payments.models import PaymentMethod, Token

pytestmark = pytest.mark.django_db
CARD = {"number": "4242 4242 4242 4242", "exp_month": 4, "exp_year": 2040, "cvc": "123"}
ACCOUNT = {
    "account_number": "000123456789",
    "routing_number": "110000000",
    "country": "US",
    "currency": "usd",
    "account_holder_name": "Ada",
    "account_holder_type": "individual",
}


def test_a_card_becomes_a_token_without_its_number(api):
    card = {**CARD, "name": "Ada", "address_line1": "1 High Street", "address_zip": "10115"}
    made = api.post("tokens", {"card": card})

    assert (made["type"], made["used"], made["client_ip"]) == ("card", False, None)
    shown = made["card"]
    assert (shown["brand"], shown["last4"], shown["exp_year"]) == ("Visa", "4242", 2040)
    assert (shown["name"], shown["address_zip"], shown["cvc_check"]) == ("Ada", "10115", "pass")
    assert api.get(f"tokens/{made['id']}") == made
    kept = str(Token.objects.values().get())
    assert "424242" not in kept
    assert "123" not in str(Token.objects.get().facts["facts"])


def test_a_bank_account_becomes_a_token(api):
    made = api.post("tokens", {"bank_account": ACCOUNT})

    shown = made["bank_account"]
    assert (made["type"], shown["status"], shown["last4"]) == ("bank_account", "new", "6789")
    assert (shown["account_holder_name"], shown["routing_number"]) == ("Ada", "110000000")
    assert "000123456789" not in str(Token.objects.values().get())


def test_a_token_is_used_once(api):
    token = api.post("tokens", {"card": CARD})["id"]

    method = api.post("payment_methods", {"type": "card", "card": {"token": token}})
    error = api.post(
        "payment_methods", {"type": "card", "card": {"token": token}}, status=400
    ).error

    assert (method["card"]["last4"], method["card"]["exp_year"]) == ("4242", 2040)
    assert (error["code"], error["param"]) == ("token_already_used", "card[token]")
    assert api.get(f"tokens/{token}")["used"] is True


def test_what_is_refused_leaves_the_token_unused(api):
    token = api.post("tokens", {"card": {**CARD, "number": "4000000000000002"}})["id"]
    customer = api.post("customers")["id"]

    api.post(f"customers/{customer}/sources", {"source": token}, status=402)

    assert api.get(f"tokens/{token}")["used"] is False


def test_a_browser_makes_tokens_and_does_nothing_else_with_them(publishable_api, api):
    made = publishable_api.post("tokens", {"card": CARD})

    publishable_api.get(f"tokens/{made['id']}", status=403)
    assert api.get(f"tokens/{made['id']}")["card"]["last4"] == "4242"


def test_a_token_of_a_card_that_a_customer_has(api):
    customer = api.post("customers", {"source": "tok_visa"})
    named = api.post("tokens", {"customer": customer["id"], "card": customer["default_source"]})
    default = api.post("tokens", {"customer": customer["id"]})
    other = api.post("customers")["id"]

    assert named["card"]["fingerprint"] == default["card"]["fingerprint"]
    copied = api.post(f"customers/{other}/sources", {"source": named["id"]})
    assert (copied["customer"], copied["last4"]) == (other, "4242")


def test_an_account_is_paid_out_to_the_bank_account_of_a_token(api):
    token = api.post("tokens", {"bank_account": ACCOUNT})["id"]
    path = f"accounts/{api.get('account')['id']}/external_accounts"

    added = api.post(path, {"external_account": token})

    assert (added["last4"], added["account_holder_name"]) == ("6789", "Ada")
    again = api.post(path, {"external_account": token}, status=400).error
    assert (again["code"], again["param"]) == ("token_already_used", "external_account")
    for named in ("tok_no", "tok_visa"):
        error = api.post(path, {"external_account": named}, status=400).error
        assert (error["code"], error["param"]) == ("resource_missing", "external_account")


def test_the_accounts_of_every_sandbox_are_named_by_tokens(api):
    customer = api.post("customers")["id"]
    path = f"customers/{customer}/sources"

    states = {
        name: api.post(path, {"source": name})["status"]
        for name in ("btok_us", "btok_us_verified", "btok_us_verified_noAccount")
    }

    assert states == {
        "btok_us": "new",
        "btok_us_verified": "verified",
        "btok_us_verified_noAccount": "verified",
    }
    assert api.post(path, {"source": "btok_us_no"}, status=400).error["param"] == "source"


def test_a_new_security_code_is_kept_nowhere(api):
    made = api.post("tokens", {"cvc_update": {"cvc": "987"}})

    assert made["type"] == "cvc_update"
    assert Token.objects.get().facts == {}
    error = api.post(
        "payment_methods", {"type": "card", "card": {"token": made["id"]}}, status=400
    ).error
    assert error["code"] == "token_wrong_type"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "card"),
        ({"card": {"exp_month": 1, "exp_year": 2040}}, "card[number]"),
        ({"card": {**CARD, "number": "4111111111111111"}}, "card[number]"),
        ({"card": {**CARD, "nope": 1}}, "card[nope]"),
        ({"card": "card_x"}, "customer"),
        ({"card": CARD, "bank_account": ACCOUNT}, "bank_account"),
        ({"bank_account": {**ACCOUNT, "account_number": "12"}}, "bank_account[account_number]"),
        ({"bank_account": {**ACCOUNT, "routing_number": "1"}}, "bank_account[routing_number]"),
        ({"bank_account": {**ACCOUNT, "country": "DE"}}, "bank_account[country]"),
        ({"customer": "cus_no"}, "customer"),
        ({"pii": {"id_number": "1"}}, "pii"),
        ({"account": {"tos_shown_and_accepted": True}}, "account"),
        ({"person": {"first_name": "Ada"}}, "person"),
    ],
)
def test_what_makes_no_token_is_refused(api, params, param):
    error = api.post("tokens", params, status=400).error

    assert error["param"] == param
    assert not Token.objects.exists()


def test_a_live_environment_takes_no_numbers(live_api):
    for params in ({"card": CARD}, {"bank_account": ACCOUNT}):
        error = live_api.post("tokens", params, status=400).error
        assert error["code"] in ("card_number_refused", "account_number_refused")


def test_a_payment_is_made_with_a_token(api):
    token = api.post("tokens", {"card": CARD})["id"]
    terms = {"amount": 100, "currency": "usd", "confirm": True}

    paid = api.post(
        "payment_intents",
        {**terms, "payment_method_data": {"type": "card", "card": {"token": token}}},
    )

    assert paid["status"] == "succeeded"
    assert PaymentMethod.objects.get(pk=paid["payment_method"]).last4 == "4242"
