"""Many callers and one customer."""

from collections import Counter

import pytest

from tests.client import ApiClient
from tests.races import at_once

CALLERS = 8


@pytest.fixture
def client(committed, committed_environment) -> ApiClient:
    """Return a client of an environment whose transactions commit."""
    return ApiClient(committed.secret_key)


def test_changes_of_a_balance_at_once_each_count(client):
    customer = client.post("customers")["id"]
    path = f"customers/{customer}/balance_transactions"

    def change() -> int:
        made = ApiClient(client.key).post(path, {"amount": -7, "currency": "usd"})
        return int(made["ending_balance"])

    endings = at_once(*[change] * CALLERS)

    assert sorted(endings) == [-7 * n for n in range(CALLERS, 0, -1)]
    assert client.get(f"customers/{customer}")["balance"] == -7 * CALLERS


def test_five_tax_ids_are_no_more_than_five(client):
    path = f"customers/{client.post('customers')['id']}/tax_ids"
    params = {"type": "us_ein", "value": "12-3456789"}

    def add() -> int:
        return ApiClient(client.key).post(path, params, status=None).status

    assert Counter(at_once(*[add] * CALLERS)) == {200: 5, 400: CALLERS - 5}


def test_a_customer_who_is_being_deleted_keeps_no_payment_method(client):
    customer = client.post("customers")["id"]

    def attach() -> int:
        path = "payment_methods/pm_card_visa/attach"
        return ApiClient(client.key).post(path, {"customer": customer}, status=None).status

    def delete() -> int:
        return ApiClient(client.key).delete(f"customers/{customer}", status=None).status

    seen = Counter(at_once(*[attach] * CALLERS, delete))

    assert set(seen) <= {200, 400}
    assert client.get(f"customers/{customer}/payment_methods")["data"] == []


def test_one_token_is_one_payment_method(client):
    card = {"number": "4242424242424242", "exp_month": 4, "exp_year": 2040}
    token = client.post("tokens", {"card": card})["id"]
    params = {"type": "card", "card": {"token": token}}

    def use() -> int:
        return ApiClient(client.key).post("payment_methods", params, status=None).status

    assert Counter(at_once(*[use] * CALLERS)) == {200: 1, 400: CALLERS - 1}
