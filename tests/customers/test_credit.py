"""What customers are owed and owe: the API, and the ledger under it."""

import pytest

from apps.core import clock
from apps.customers.models import CreditTransaction
from apps.events.models import Event
from apps.ledger import queries as ledger
from apps.ledger import services as ledger_services
from apps.ledger.domain import chart
from apps.ledger.models import LedgerState

pytestmark = pytest.mark.django_db


def owed(customer_id: str) -> dict[tuple[str, str], int]:
    """Return what the ledger has of a customer's credit, and of its other side."""
    codes = (chart.customer_credit(customer_id), chart.customer_granted(customer_id))
    return ledger.balances(codes)


def test_a_change_of_the_balance_is_in_the_ledger_and_shown(api):
    customer = api.post("customers")["id"]
    path = f"customers/{customer}/balance_transactions"

    granted = api.post(
        path,
        {"amount": -500, "currency": "USD", "description": "Sorry", "metadata": {"case": "7"}},
    )
    taken = api.post(path, {"amount": 200, "currency": "usd"})

    assert (granted["amount"], granted["ending_balance"]) == (-500, -500)
    assert (granted["type"], granted["description"]) == ("adjustment", "Sorry")
    assert (taken["amount"], taken["ending_balance"]) == (200, -300)
    shown = api.get(f"customers/{customer}", {"expand": ["invoice_credit_balance"]})
    assert (shown["balance"], shown["currency"]) == (-300, "usd")
    assert shown["invoice_credit_balance"] == {"usd": -300}
    assert api.get("customers")["data"][0]["balance"] == -300
    assert owed(customer) == {
        (chart.customer_credit(customer), "usd"): 300,
        (chart.customer_granted(customer), "usd"): 300,
    }
    assert [one["id"] for one in api.get(path)["data"]] == [taken["id"], granted["id"]]
    trail = api.get(f"trail/{granted['id']}")
    assert len(trail["ledger_transactions"]) == 1


def test_a_change_is_found_under_its_customer_alone_and_says_something_else(api):
    one, other = (api.post("customers")["id"] for _ in range(2))
    made = api.post(f"customers/{one}/balance_transactions", {"amount": 5, "currency": "usd"})
    path = f"customers/{one}/balance_transactions/{made['id']}"

    changed = api.post(path, {"description": "Why", "metadata": {"a": "b"}})

    assert (changed["description"], changed["metadata"]) == ("Why", {"a": "b"})
    assert api.post(path, {"description": ""})["description"] is None
    assert api.get(path, {"expand": ["customer"]})["customer"]["balance"] == 5
    api.get(path.replace(one, other), status=404)
    api.post(path.replace(one, other), {"description": "x"}, status=404)


def test_a_balance_is_set_by_changing_it(api):
    made = api.post("customers", {"balance": -1_000})
    path = f"customers/{made['id']}"

    assert (made["balance"], made["currency"]) == (-1_000, "usd")
    assert api.post(path, {"balance": 250, "name": "Ada"})["balance"] == 250
    assert api.post(path, {"balance": 250})["balance"] == 250
    rows = api.get(f"{path}/balance_transactions")["data"]
    assert [(one["type"], one["amount"]) for one in rows] == [
        ("adjustment", 1_250),
        ("initial", -1_000),
    ]
    assert owed(made["id"])[chart.customer_credit(made["id"]), "usd"] == -250
    told = Event.objects.filter(type="customer.updated").get()
    assert told.previous_attributes == {"balance": -1_000, "name": None}


def test_the_first_change_decides_the_currency(api):
    made = api.post("customers")
    path = f"customers/{made['id']}/balance_transactions"
    api.post(path, {"amount": -5, "currency": "eur"})

    error = api.post(path, {"amount": -5, "currency": "usd"}, status=400).error

    assert (error["code"], error["param"]) == ("currency_mismatch", "currency")
    assert api.post(f"customers/{made['id']}", {"balance": -7})["currency"] == "eur"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"amount": 0, "currency": "usd"}, "amount"),
        ({"amount": 10**12, "currency": "usd"}, "amount"),
        ({"amount": 5}, "currency"),
        ({"currency": "usd"}, "amount"),
        ({"amount": 5, "currency": "xxq"}, "currency"),
        ({"amount": 5, "currency": "usd", "nope": 1}, "nope"),
    ],
)
def test_what_is_no_change_is_refused(api, params, param):
    customer = api.post("customers")["id"]

    error = api.post(f"customers/{customer}/balance_transactions", params, status=400).error

    assert error["param"] == param
    assert api.get(f"customers/{customer}")["balance"] == 0


def test_one_key_changes_the_balance_once(api):
    path = f"customers/{api.post('customers')['id']}/balance_transactions"
    params = {"amount": -5, "currency": "usd"}

    first = api.post(path, params, idempotency_key="once")

    assert api.post(path, params, idempotency_key="once").body == first.body
    assert len(api.get(path)["data"]) == 1


def test_the_event_of_a_change_has_the_balance_after_it(api):
    customer = api.post("customers")["id"]
    api.post(f"customers/{customer}/balance_transactions", {"amount": -5, "currency": "usd"})

    told = Event.objects.filter(type="customer.updated").get()

    assert told.data["balance"] == -5
    assert told.previous_attributes == {"balance": 0, "currency": None}


def test_what_the_ledger_refuses_leaves_nothing(api, environment):
    customer = api.post("customers")["id"]
    LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="A drill.")

    refused = api.post(f"customers/{customer}", {"balance": -5, "name": "Ada"}, status=None)

    shown = api.get(f"customers/{customer}")
    assert refused.error["code"] == "ledger_frozen"
    assert (shown["balance"], shown["currency"], shown["name"]) == (0, None, None)
    assert not CreditTransaction.objects.exists()


def test_the_books_are_whole_whoever_owes_whom(api):
    for balance in (-500, 300):
        api.post("customers", {"balance": balance})

    found = ledger_services.verify_round(now=clock.now())

    assert (found.state, found.findings) == ("ok", [])
