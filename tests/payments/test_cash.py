"""The cash of customers: transfers, and the payments that they pay."""

import pytest

from apps.core import clock, context, ids
from apps.ledger import queries as ledger
from apps.payments import services
from apps.payments.domain import Notification
from apps.payments.models import Attempt, CashTransaction
from apps.payments.services.cash import receive_notice
from tests.payments.orders import let_pass
from tests.payments.paying import event_types

pytestmark = pytest.mark.django_db
OPTIONS = {
    "customer_balance": {
        "funding_type": "bank_transfer",
        "bank_transfer": {"type": "us_bank_transfer"},
    }
}
DETAILS = "display_bank_transfer_instructions"


def pay(api, payer, amount=10_000, *, status=200, **more):
    """Confirm a payment by bank transfer."""
    return api.post(
        "payment_intents",
        {
            "amount": amount,
            "currency": "usd",
            "customer": payer,
            "payment_method_types": ["customer_balance"],
            "payment_method_data": {"type": "customer_balance"},
            "payment_method_options": OPTIONS,
            "confirm": True,
            **more,
        },
        status=status,
    )


def fund(api, customer, amount, currency="usd", **more):
    path = f"test_helpers/customers/{customer}/fund_cash_balance"
    return api.post(path, {"amount": amount, "currency": currency, **more})


def cash(api, customer):
    return api.get(f"customers/{customer}/cash_balance")["available"]


def moves(api, customer):
    rows = api.get(f"customers/{customer}/cash_balance_transactions")["data"]
    return [(row["type"], row["net_amount"], row["ending_balance"]) for row in reversed(rows)]


def in_the_books(code, currency="usd"):
    return ledger.balances_by_code([code], currency=currency)[code]


@pytest.fixture
def customer(api):
    return api.post("customers", {"email": "ada@example.com"})["id"]


def test_a_customer_has_what_they_transferred(api, customer):
    assert cash(api, customer) is None
    received = fund(api, customer, 500, reference="rent")
    fund(api, customer, 70, "eur")

    assert received["type"] == "funded"
    assert received["funded"]["bank_transfer"]["reference"] == "rent"
    assert cash(api, customer) == {"eur": 70, "usd": 500}
    assert in_the_books("processor:sim:receivable") == 500
    assert in_the_books(f"customer:{customer}:cash") == 500
    path = f"customers/{customer}/cash_balance_transactions"
    assert api.get(f"{path}/{received['id']}") == received
    assert event_types(received["id"]) == ["customer_cash_balance_transaction.created"]
    shown = api.get(f"customers/{customer}", {"expand": ["cash_balance"]})["cash_balance"]
    assert shown["available"] == {"eur": 70, "usd": 500}


def test_a_payment_takes_what_is_there(api, customer):
    fund(api, customer, 12_000)
    intent = pay(api, customer)

    assert (intent["status"], intent["amount_received"]) == ("succeeded", 10_000)
    charge = api.get(f"charges/{intent['latest_charge']}", {"expand": ["balance_transaction"]})
    assert charge["payment_method_details"] == {"type": "customer_balance", "customer_balance": {}}
    posted = charge["balance_transaction"]
    assert (posted["type"], posted["amount"]) == ("payment", 10_000)
    assert moves(api, customer) == [
        ("funded", 12_000, 12_000),
        ("applied_to_payment", -10_000, 2_000),
    ]
    assert in_the_books(f"customer:{customer}:cash") == 2_000
    assert in_the_books(f"customer:{customer}:applied") == 0
    assert in_the_books("processor:sim:receivable") == 12_000
    earned = in_the_books(f"account:{Attempt.objects.get().account_id}:pending")
    assert earned + in_the_books("platform:fees") == 10_000
    assert event_types(intent["id"]) == ["payment_intent.created", "payment_intent.succeeded"]


def test_a_payment_waits_and_is_paid_transfer_by_transfer(api, customer):
    fund(api, customer, 1_000)
    intent = pay(api, customer)

    shown = intent["next_action"][DETAILS]
    assert (intent["status"], shown["amount_remaining"]) == ("requires_action", 9_000)
    assert (shown["type"], shown["currency"]) == ("us_bank_transfer", "usd")
    assert {one["type"] for one in shown["financial_addresses"]} == {"aba", "swift"}
    assert cash(api, customer) is None
    assert in_the_books(f"customer:{customer}:applied") == 1_000

    fund(api, customer, 4_000)
    waits = api.get(f"payment_intents/{intent['id']}")
    assert waits["next_action"][DETAILS]["amount_remaining"] == 5_000
    assert (waits["amount_received"], waits["latest_charge"]) == (0, None)
    fund(api, customer, 5_001)
    paid = api.get(f"payment_intents/{intent['id']}")
    assert (paid["status"], paid["next_action"], paid["amount_received"]) == (
        *("succeeded", None, 10_000),
    )
    assert cash(api, customer) == {"usd": 1}
    assert in_the_books(f"customer:{customer}:applied") == 0
    assert event_types(intent["id"]) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.partially_funded",
        "payment_intent.partially_funded",
        "payment_intent.succeeded",
    ]
    assert Attempt.objects.get().status == "succeeded"


def test_the_oldest_payment_is_paid_first_unless_the_transfer_names_another(api, customer):
    first, second, third = (pay(api, customer, 1_000)["id"] for _ in range(3))
    named = api.get(f"payment_intents/{third}")["next_action"][DETAILS]["reference"]

    fund(api, customer, 1_500, reference=named.lower())
    assert api.get(f"payment_intents/{third}")["status"] == "succeeded"
    waits = api.get(f"payment_intents/{first}")
    assert waits["next_action"][DETAILS]["amount_remaining"] == 500
    fund(api, customer, 1_500)
    assert [api.get(f"payment_intents/{one}")["status"] for one in (first, second)] == [
        "succeeded",
        "succeeded",
    ]
    assert cash(api, customer) is None


def test_by_hand_a_payment_takes_what_it_is_told_to(api, customer):
    path = f"customers/{customer}/cash_balance"
    settings = api.post(path, {"settings": {"reconciliation_mode": "manual"}})["settings"]
    assert settings == {"reconciliation_mode": "manual", "using_merchant_default": False}
    intent = pay(api, customer)
    fund(api, customer, 9_000)
    apply = f"payment_intents/{intent['id']}/apply_customer_balance"

    assert cash(api, customer) == {"usd": 9_000}
    more = api.post(apply, status=400).error
    assert (more["code"], more["param"]) == ("insufficient_funds", "amount")
    partly = api.post(apply, {"amount": 4_000, "currency": "usd"})
    assert partly["next_action"][DETAILS]["amount_remaining"] == 6_000
    beyond = api.post(apply, {"amount": 6_001}, status=400).error
    assert beyond["code"] == "insufficient_funds"
    assert api.post(apply, {"currency": "eur"}, status=400).error["param"] == "currency"
    fund(api, customer, 1_000)
    paid = api.post(apply, idempotency_key="apply-once")
    assert (paid["status"], cash(api, customer)) == ("succeeded", None)
    again = api.post(apply, idempotency_key="apply-once")
    assert again.body == paid.body
    late = api.post(apply, status=400).error
    assert late["code"] == "payment_intent_unexpected_state"
    default = api.post(path, {"settings": {"reconciliation_mode": "merchant_default"}})
    assert default["settings"]["using_merchant_default"] is True


def test_what_a_payment_took_comes_back_when_it_is_given_up(api, customer):
    fund(api, customer, 1_000)
    intent = pay(api, customer)
    assert cash(api, customer) is None

    api.post(f"payment_intents/{intent['id']}/cancel")
    assert cash(api, customer) == {"usd": 1_000}
    assert moves(api, customer)[-1] == ("unapplied_from_payment", 1_000, 1_000)
    assert in_the_books(f"customer:{customer}:applied") == 0
    fund(api, customer, 20_000)
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "canceled"
    let_pass()


def test_a_payment_that_is_confirmed_again_takes_the_cash_again(api, customer):
    fund(api, customer, 1_000)
    intent = pay(api, customer)
    again = api.post(f"payment_intents/{intent['id']}/confirm")

    assert again["status"] == "requires_action"
    assert again["next_action"][DETAILS]["amount_remaining"] == 9_000
    assert [kind for kind, _, _ in moves(api, customer)] == [
        "funded",
        "applied_to_payment",
        "unapplied_from_payment",
        "applied_to_payment",
    ]
    cheaper = api.post(f"payment_intents/{intent['id']}", {"amount": 900})
    assert (cheaper["status"], cash(api, customer)) == ("requires_confirmation", {"usd": 1_000})
    paid = api.post(f"payment_intents/{intent['id']}/confirm")
    assert (paid["status"], cash(api, customer)) == ("succeeded", {"usd": 100})


def test_the_trail_of_a_payment_shows_the_transfers_that_paid_it(api, customer):
    fund(api, customer, 1_000)
    intent = pay(api, customer, 1_000)
    trail = api.get(f"trail/{intent['id']}")

    taken = CashTransaction.objects.get(type="applied_to_payment")
    assert taken.id in {one["id"] for one in trail["objects"]}
    references = {one["reference"] for one in trail["ledger_transactions"]}
    assert {f"applied:{taken.id}", f"charge:{intent['latest_charge']}"} <= references


def test_a_refund_goes_back_to_the_cash(api, customer):
    fund(api, customer, 10_000)
    intent = pay(api, customer)
    refund = api.post("refunds", {"payment_intent": intent["id"], "amount": 2_500})

    assert refund["status"] == "succeeded"
    assert cash(api, customer) == {"usd": 2_500}
    assert moves(api, customer)[-1] == ("refunded_from_payment", 2_500, 2_500)
    assert in_the_books("processor:sim:receivable") == 10_000
    listed = api.get("balance_transactions", {"source": refund["id"]})["data"]
    assert [(row["type"], row["amount"]) for row in listed] == [("payment_refund", -2_500)]


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"customer": ""}, "parameter_invalid_empty", "customer"),
        ({"currency": "eur"}, "parameter_invalid", "payment_method_options[customer_balance]"),
        ({"capture_method": "manual"}, None, "capture_method"),
        ({"setup_future_usage": "off_session"}, None, "setup_future_usage"),
        (
            {"payment_method_options": {"customer_balance": {"funding_type": "bank_transfer"}}},
            "parameter_missing",
            "payment_method_options[customer_balance][bank_transfer]",
        ),
    ],
)
def test_what_a_bank_transfer_needs_is_refused_with_its_parameter(api, customer, more, code, param):
    error = pay(api, customer, status=400, **more).error

    assert error.get("code") == code
    assert error["param"].startswith(param)
    assert not Attempt.objects.exists()


def test_a_payment_by_transfer_needs_a_customer(api):
    given = {"type": "customer_balance"}
    error = api.post(
        "payment_intents",
        {
            "amount": 100,
            "currency": "usd",
            "payment_method_types": ["customer_balance"],
            "payment_method_data": given,
            "payment_method_options": OPTIONS,
            "confirm": True,
        },
        status=400,
    ).error

    assert (error["code"], error["param"]) == ("parameter_missing", "customer")


@pytest.mark.parametrize("name", ["off_session", "error_on_requires_action"])
def test_where_nobody_may_be_asked_there_is_enough_or_the_payment_fails(api, customer, name):
    fund(api, customer, 400)
    error = pay(api, customer, 500, status=402, **{name: True}).error

    assert error["code"] == "payment_intent_action_required"
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert cash(api, customer) == {"usd": 400}
    assert pay(api, customer, 400, **{name: True})["status"] == "succeeded"


def test_a_transfer_is_received_once(api, customer):
    path = f"test_helpers/customers/{customer}/fund_cash_balance"
    for _ in range(2):
        api.post(path, {"amount": 300, "currency": "usd"}, idempotency_key="transfer-once")

    assert CashTransaction.objects.count() == 1
    assert cash(api, customer) == {"usd": 300}


def test_a_job_pays_what_a_process_left_when_it_died(api, customer, monkeypatch):
    intent = pay(api, customer, 1_000)
    with monkeypatch.context() as died:
        died.setattr("apps.payments.services.cash.pay_waiting", lambda **_: None)
        fund(api, customer, 1_000)
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "requires_action"

    services.pay_waiting(customer_id=customer, now=clock.now())
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"
    assert cash(api, customer) is None


def test_a_transfer_that_is_told_of_is_received_by_any_account(api, customer):
    intent = pay(api, customer, 1_000)
    facts = {"customer": customer, "amount": 1_000, "currency": "usd", "note": None}
    now = clock.now()
    told = Notification("evt_1", "funds", "transfer_1", sequence=1, occurred_at=now, facts=facts)

    # A job runs as the environment's own account, whoever the customer belongs to.
    with context.amended(account_id=ids.new_id("acct")):
        receive_notice(told, processor="sim", now=now)

    assert api.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"


def test_nobody_elses_cash_is_seen(api, other_api, customer):
    received = fund(api, customer, 100)

    for path in (
        f"customers/{customer}/cash_balance",
        f"customers/{customer}/cash_balance_transactions",
        f"customers/{customer}/cash_balance_transactions/{received['id']}",
    ):
        assert other_api.get(path, status=404).error["code"] == "resource_missing"


def test_a_live_environment_receives_no_test_money(live_api):
    customer = live_api.post("customers")["id"]
    path = f"test_helpers/customers/{customer}/fund_cash_balance"

    error = live_api.post(path, {"amount": 100, "currency": "usd"}, status=400).error
    assert error["code"] == "processor_missing"
