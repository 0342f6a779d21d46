"""Cards and bank accounts of customers in the older words of the wire."""

import pytest

from apps.payments.models import PaymentMethod, Source
from tests.payments.paying import event_types

pytestmark = pytest.mark.django_db
CARD = {"object": "card", "number": "5555555555554444", "exp_month": 4, "exp_year": 2040}
ACCOUNT = {
    "object": "bank_account",
    "account_number": "000123456789",
    "routing_number": "110000000",
    "country": "US",
    "currency": "usd",
    "account_holder_name": "Ada",
}


@pytest.fixture
def customer(api) -> str:
    return str(api.post("customers")["id"])


def test_the_first_card_is_what_a_customer_pays_with(api, customer):
    path = f"customers/{customer}/sources"
    first = api.post(path, {"source": "tok_visa", "metadata": {"a": "b"}})
    second = api.post(path, {"source": CARD})

    assert (first["object"], first["brand"], first["customer"]) == ("card", "Visa", customer)
    assert first["metadata"] == {"a": "b"}
    assert second["brand"] == "MasterCard"
    shown = api.get(f"customers/{customer}", {"expand": ["default_source", "sources"]})
    assert shown["default_source"]["id"] == first["id"]
    assert [one["id"] for one in shown["sources"]["data"]] == [second["id"], first["id"]]
    assert "sources" not in api.get(f"customers/{customer}")
    assert event_types(first["id"]) == ["customer.source.created"]
    assert event_types(customer) == ["customer.created", "customer.updated"]


def test_a_card_of_a_token_has_the_id_that_the_token_showed(api, customer):
    token = api.post("tokens", {"card": {k: v for k, v in CARD.items() if k != "object"}})

    made = api.post(f"customers/{customer}/cards", {"source": token["id"]})

    assert made["id"] == token["card"]["id"]


def test_cards_and_bank_accounts_are_listed_together_and_apart(api, customer):
    path = f"customers/{customer}"
    card = api.post(f"{path}/sources", {"source": "tok_visa"})["id"]
    account = api.post(f"{path}/sources", {"source": ACCOUNT})["id"]
    other = api.post(f"{path}/sources", {"source": "tok_amex"})["id"]

    def ids(where: str, **params: object) -> list[str]:
        return [one["id"] for one in api.get(f"{path}/{where}", params)["data"]]

    assert ids("sources") == [other, account, card]
    assert ids("sources", object="card") == ids("cards") == [other, card]
    assert ids("sources", object="bank_account") == ids("bank_accounts") == [account]
    assert ids("sources", limit=1) == [other]
    assert ids("sources", limit=1, starting_after=other) == [account]
    assert ids("sources", limit=1, starting_after=account) == [card]
    assert ids("sources", limit=1, ending_before=card) == [account]
    assert api.get(f"{path}/sources", {"limit": 2})["has_more"] is True
    cursor = api.get(f"{path}/sources", {"starting_after": "card_no"}, status=400).error
    assert (cursor["code"], cursor["param"]) == ("resource_missing", "starting_after")
    assert api.get(f"{path}/sources", {"object": "coin"}, status=400).error["param"] == "object"
    api.get(f"{path}/cards/{account}", status=404)
    api.get(f"{path}/bank_accounts/{card}", status=404)


def test_what_is_listed_together_is_expanded_each_by_its_kind(api, customer):
    path = f"customers/{customer}/sources"
    card = api.post(path, {"source": "tok_visa", "expand": ["customer"]})
    source = api.post("sources", {"type": "card", "token": "tok_visa"})["id"]
    api.post(path, {"source": source})

    listed = api.get(path, {"expand": ["data.customer"]})["data"]

    assert card["customer"]["id"] == customer
    assert [one["object"] for one in listed] == ["source", "card"]
    assert listed[0]["customer"] == customer
    assert listed[1]["customer"]["default_source"] == card["id"]


def test_a_card_is_changed_with_what_is_charged(api, customer):
    card = api.post(f"customers/{customer}/sources", {"source": CARD})
    path = f"customers/{customer}/sources/{card['id']}"

    changed = api.post(
        path,
        {"name": "Ada", "address_city": "Rome", "exp_year": 2041, "metadata": {"a": "b"}},
    )

    assert (changed["name"], changed["address_city"]) == ("Ada", "Rome")
    assert (changed["exp_year"], changed["metadata"]) == (2041, {"a": "b"})
    kept = api.post(path, {"address_zip": "1"})
    assert (kept["address_city"], kept["address_zip"]) == ("Rome", "1")
    method = PaymentMethod.objects.get(customer=customer)
    assert (method.exp_year, method.billing_details["name"]) == (2041, "Ada")
    api.post(f"payment_methods/{method.id}", {"billing_details": {"name": "Eve"}})
    assert api.get(path)["name"] == "Eve"
    assert event_types(card["id"])[1:] == ["customer.source.updated"] * 2
    assert api.post(path, {"exp_year": 2001}, status=402).error["code"] == "invalid_expiry_year"
    error = api.post(path, {"account_holder_name": "Ada"}, status=400).error
    assert error["param"] == "account_holder_name"


def test_a_deleted_card_is_gone_and_the_newest_takes_its_place(api, customer):
    path = f"customers/{customer}/sources"
    cards = [api.post(path, {"source": f"tok_{name}"})["id"] for name in ("visa", "amex", "jcb")]

    deleted = api.delete(f"{path}/{cards[0]}")

    assert deleted == {"id": cards[0], "object": "card", "deleted": True}
    assert api.get(f"customers/{customer}")["default_source"] == cards[2]
    api.get(f"{path}/{cards[0]}", status=404)
    api.delete(f"{path}/{cards[0]}", status=404)
    assert event_types(cards[0]) == ["customer.source.created", "customer.source.deleted"]
    assert PaymentMethod.objects.filter(customer=customer).count() == 2
    for card in cards[1:]:
        api.delete(f"customers/{customer}/cards/{card}")
    assert api.get(f"customers/{customer}")["default_source"] is None


def test_a_card_is_paid_with_by_its_id(api, customer):
    card = api.post(f"customers/{customer}/sources", {"source": "tok_visa"})["id"]
    terms = {"amount": 100, "currency": "usd", "customer": customer, "confirm": True}

    paid = api.post("payment_intents", {**terms, "payment_method": card})

    assert paid["status"] == "succeeded"
    assert paid["payment_method"] == Source.objects.get(pk=card).payment_method_id
    api.delete(f"customers/{customer}/sources/{card}")
    error = api.post("payment_intents", {**terms, "payment_method": card}, status=400).error
    assert (error["code"], error["param"]) == ("resource_missing", "payment_method")


def test_what_is_detached_is_no_card_any_more(api, customer):
    card = api.post(f"customers/{customer}/sources", {"source": "tok_visa"})["id"]
    method = Source.objects.get(pk=card).payment_method_id

    api.post(f"payment_methods/{method}/detach")

    assert api.get(f"customers/{customer}/sources")["data"] == []
    assert api.get(f"customers/{customer}")["default_source"] is None


def test_a_customer_comes_with_a_card_and_changes_it(api):
    made = api.post("customers", {"source": "tok_visa"})
    path = f"customers/{made['id']}"
    old = made["default_source"]
    assert event_types(made["id"]) == ["customer.created"]

    changed = api.post(path, {"source": "tok_mastercard"})

    assert changed["default_source"] not in (None, old)
    assert len(api.get(f"{path}/sources")["data"]) == 1
    other = api.post(path + "/sources", {"source": "tok_amex"})["id"]
    assert api.post(path, {"default_source": other})["default_source"] == other
    assert (
        api.post(path, {"default_card": changed["default_source"]})["default_source"]
        == (changed["default_source"])
    )
    error = api.post(path, {"default_bank_account": other}, status=400).error
    assert (error["code"], error["param"]) == ("resource_missing", "default_bank_account")
    error = api.post(path, {"default_source": old}, status=400).error
    assert error["param"] == "default_source"


def test_a_customer_comes_with_a_payment_method(api):
    made = api.post("customers", {"payment_method": "pm_card_visa"})
    (method,) = api.get(f"customers/{made['id']}/payment_methods")["data"]

    assert method["customer"] == made["id"]
    error = api.post("customers", {"payment_method": method["id"]}, status=400).error
    assert error["code"] == "payment_method_unexpected_state"
    refused = api.post("customers", {"payment_method": "pm_card_chargeDeclined"}, status=402)
    assert refused.error["code"] == "card_declined"
    assert len(api.get("customers")["data"]) == 1


def test_deleting_a_customer_detaches_everything(api):
    made = api.post("customers", {"source": "tok_visa", "payment_method": "pm_card_amex"})
    path = f"customers/{made['id']}"
    (newer, older) = api.get(f"{path}/payment_methods")["data"]

    api.delete(path)

    for method in (newer, older):
        assert api.get(f"payment_methods/{method['id']}")["customer"] is None
        error = api.post(
            "payment_intents",
            {
                "amount": 100,
                "currency": "usd",
                "payment_method": method["id"],
                "confirm": True,
            },
            status=400,
        ).error
        assert error["code"] == "payment_method_unexpected_state"
        assert event_types(method["id"])[-1] == "payment_method.detached"
    assert event_types(made["default_source"])[-1] == "customer.source.deleted"
    assert api.get(f"{path}/sources")["data"] == []


def test_a_bank_account_is_verified_by_its_micro_deposits(api, customer):
    account = api.post(f"customers/{customer}/sources", {"source": ACCOUNT})
    path = f"customers/{customer}/sources/{account['id']}/verify"
    assert (account["object"], account["status"]) == ("bank_account", "new")

    wrong = api.post(path, {"amounts": [1, 2]}, status=400).error
    verified = api.post(path, {"amounts": [45, 32]})

    assert (wrong["code"], wrong["param"]) == ("bank_account_verification_failed", "amounts")
    assert verified["status"] == "verified"
    again = api.post(path, {"amounts": [32, 45]}, status=400).error
    assert again["code"] == "bank_account_unexpected_state"
    assert event_types(account["id"])[1:] == ["customer.source.updated"]


def test_after_three_wrong_amounts_a_bank_account_is_given_up(api, customer):
    account = api.post(f"customers/{customer}/bank_accounts", {"bank_account": ACCOUNT})
    path = f"customers/{customer}/bank_accounts/{account['id']}"

    for _ in range(3):
        api.post(f"{path}/verify", {"amounts": [1, 2]}, status=400)
    given_up = api.post(f"{path}/verify", {"amounts": [32, 45]}, status=400).error

    assert api.get(path)["status"] == "verification_failed"
    assert given_up["code"] == "bank_account_unexpected_state"


def test_a_token_of_a_verified_account_needs_no_deposits(api, customer):
    made = api.post(f"customers/{customer}/sources", {"source": "btok_us_verified"})

    assert made["status"] == "verified"
    changed = api.post(
        f"customers/{customer}/bank_accounts/{made['id']}",
        {"account_holder_name": "Eve", "account_holder_type": "company"},
    )
    assert (changed["account_holder_name"], changed["account_holder_type"]) == ("Eve", "company")


def test_a_verified_account_is_debited_by_its_id_and_another_one_is_verified_first(api, customer):
    online = {"ip_address": "192.0.2.1", "user_agent": "test"}
    terms = {
        "amount": 100,
        "currency": "usd",
        "customer": customer,
        "payment_method_types": ["us_bank_account"],
        "mandate_data": {"customer_acceptance": {"type": "online", "online": online}},
        "confirm": True,
    }
    path = f"customers/{customer}/sources"
    verified, new = (
        api.post(path, {"source": name})["id"] for name in ("btok_us_verified", "btok_us")
    )

    debited = api.post("payment_intents", {**terms, "payment_method": verified})
    asked = api.post("payment_intents", {**terms, "payment_method": new})
    api.post(f"payment_intents/{asked['id']}/verify_microdeposits", {"amounts": [32, 45]})

    assert debited["status"] == "processing"
    assert asked["next_action"]["type"] == "verify_with_microdeposits"
    assert api.get(f"{path}/{new}")["status"] == "verified"
    again = api.post(f"{path}/{new}/verify", {"amounts": [32, 45]}, status=400).error
    assert again["code"] == "bank_account_unexpected_state"


@pytest.mark.parametrize(
    ("where", "params", "param"),
    [
        ("sources", {}, "source"),
        ("sources", {"source": "tok_no"}, "source"),
        ("sources", {"source": "src_no"}, "source"),
        (
            "sources",
            {"source": {"object": "card", "exp_month": 1, "exp_year": 2040}},
            "source[number]",
        ),
        ("sources", {"source": "tok_visa", "card": "tok_visa"}, "card"),
        ("sources", {"alipay_account": "x"}, "alipay_account"),
        ("cards", {"source": "btok_us_verified"}, "source"),
        ("cards", {"source": ACCOUNT}, "source"),
        ("bank_accounts", {"source": "tok_visa"}, "source"),
        ("bank_accounts", {"bank_account": {**ACCOUNT, "account_number": "1"}}, "account_number]"),
    ],
)
def test_what_is_no_source_is_refused(api, customer, where, params, param):
    error = api.post(f"customers/{customer}/{where}", params, status=400).error

    assert error["param"].endswith(param)
    assert api.get(f"customers/{customer}/sources")["data"] == []


def test_one_key_makes_one_card(api, customer):
    path = f"customers/{customer}/sources"

    first = api.post(path, {"source": "tok_visa"}, idempotency_key="once")

    assert api.post(path, {"source": "tok_visa"}, idempotency_key="once").body == first.body
    assert len(api.get(path)["data"]) == 1


def test_a_customer_says_how_their_cash_is_used(api):
    manual = {"cash_balance": {"settings": {"reconciliation_mode": "manual"}}}
    made = api.post("customers", {**manual, "expand": ["cash_balance"]})
    path = f"customers/{made['id']}"

    assert made["cash_balance"]["settings"]["reconciliation_mode"] == "manual"
    api.post(path, {"cash_balance": {"settings": {"reconciliation_mode": "automatic"}}})
    settings = api.get(f"{path}/cash_balance")["settings"]
    assert settings == {"reconciliation_mode": "automatic", "using_merchant_default": False}
    assert "cash_balance" not in api.get(path)
