"""What the amount of a payment is made of, line by line."""

from typing import Any

import pytest

from tests.payments.paying import pay

pytestmark = pytest.mark.django_db
LINES = [
    {"product_name": "Book", "quantity": 2, "unit_cost": 3_000, "discount_amount": 500},
    {"product_name": "Pen", "quantity": 1, "unit_cost": 4_000, "product_code": "P-1"},
]
DETAILS: dict[str, Any] = {
    "line_items": LINES,
    "shipping": {"amount": 300, "to_postal_code": "10115"},
    "tax": {"total_tax_amount": 200},
}


def test_the_lines_are_listed_in_their_order(api):
    intent = pay(api, amount_details=DETAILS)
    path = f"payment_intents/{intent['id']}/amount_details_line_items"

    assert intent["amount_details"]["shipping"] == DETAILS["shipping"]
    assert intent["amount_details"]["tax"] == DETAILS["tax"]
    first = api.get(path, {"limit": 1})
    rest = api.get(path, {"starting_after": first["data"][0]["id"]})
    back = api.get(path, {"ending_before": rest["data"][0]["id"]})
    assert [one["product_name"] for one in first["data"] + rest["data"]] == ["Book", "Pen"]
    assert (first["has_more"], rest["has_more"], back["data"]) == (True, False, first["data"])
    assert (first["data"][0]["discount_amount"], rest["data"][0]["product_code"]) == (500, "P-1")
    assert api.get(path, {"starting_after": "uli_none"}, status=400).error["code"] == (
        "resource_missing"
    )


@pytest.mark.parametrize(
    ("details", "code", "param"),
    [
        ({**DETAILS, "tax": {"total_tax_amount": 201}}, "amount_details_amount_mismatch", None),
        (
            {"shipping": {"amount": 10_001}},
            "amount_details_tax_shipping_discount_greater_than_amount",
            None,
        ),
        ({**DETAILS, "discount_amount": 1}, None, "amount_details[discount_amount]"),
        ({"line_items": [{"quantity": 1}]}, "parameter_missing", None),
    ],
)
def test_what_does_not_add_up_is_refused(api, details, code, param):
    terms = {"amount": 10_000, "currency": "usd", "amount_details": details}

    error = api.post("payment_intents", terms, status=400).error

    assert error.get("code") == code
    assert error["param"].startswith(param or "amount_details")
    assert api.get("payment_intents")["data"] == []


def test_what_does_not_add_up_is_told_where_it_may_pass(api):
    wrong = {**DETAILS, "enforce_arithmetic_validation": False, "shipping": {"amount": 1}}
    intent = api.post(
        "payment_intents", {"amount": 10_000, "currency": "usd", "amount_details": wrong}
    )
    assert intent["amount_details"]["error"]["code"] == "amount_details_amount_mismatch"

    path = f"payment_intents/{intent['id']}"
    right = api.post(path, {"amount": 9_701})
    none = api.post(path, {"amount_details": {"line_items": "", "shipping": "", "tax": ""}})

    assert "error" not in right["amount_details"]
    assert none["amount_details"] == {"tip": {}}
    assert api.get(f"{path}/amount_details_line_items")["data"] == []


def test_the_lines_of_a_higher_amount_come_with_it(api):
    intent = pay(api, capture_method="manual")
    path = f"payment_intents/{intent['id']}"
    lines = {"line_items": [{"product_name": "Room", "quantity": 3, "unit_cost": 5_000}]}

    wrong = {"amount": 14_000, "amount_details": lines}
    api.post(f"{path}/increment_authorization", wrong, status=400)
    api.post(f"{path}/increment_authorization", {**wrong, "amount": 15_000})

    (line,) = api.get(f"{path}/amount_details_line_items")["data"]
    assert (line["quantity"], line["unit_cost"]) == (3, 5_000)
    assert api.post(f"{path}/capture")["amount_received"] == 15_000
