"""Payments by debit of a bank account: taken on first, paid or failed later."""

from datetime import timedelta

import pytest
from django.db import transaction

from apps.balances.models import Release
from apps.core import clock
from apps.ledger import queries as ledger
from apps.payments import services
from apps.payments.domain import Answer, Outcome
from apps.payments.models import Attempt, Mandate, SimulatedEvent
from apps.payments.processors.simulator import memory
from tests.payments.orders import let_pass
from tests.payments.paying import event_types

pytestmark = pytest.mark.django_db
ACCEPTED = {
    "customer_acceptance": {
        "type": "online",
        "online": {"ip_address": "203.0.113.7", "user_agent": "Firefox"},
    }
}
US = {"payment_method_types": ["us_bank_account"], "currency": "usd"}
SEPA = {"payment_method_types": ["sepa_debit"], "currency": "eur"}


def debit(api, method="pm_usBankAccount_success", *, status=200, **more):
    kind = SEPA if "sepa" in method else US
    params = {"amount": 10_000, "payment_method": method, "confirm": True, **kind}
    return api.post("payment_intents", {"mandate_data": ACCEPTED, **params, **more}, status=status)


@pytest.mark.parametrize(
    ("method", "kind", "days"),
    [
        ("pm_usBankAccount_success", "us_bank_account", 4),
        ("pm_sepaDebit_success_de", "sepa_debit", 5),
    ],
)
def test_a_debit_is_pending_until_the_bank_says_that_there_was_money(api, method, kind, days):
    intent = debit(api, method)
    charge = api.get(f"charges/{intent['latest_charge']}")

    assert (intent["status"], intent["amount_received"]) == ("processing", 0)
    assert (charge["status"], charge["paid"], charge["balance_transaction"]) == (
        *("pending", False, None),
    )
    assert (charge["captured"], charge["refunded"], charge["amount_captured"]) == (False, False, 0)
    assert ledger.balances([f"account:{Attempt.objects.get().account_id}:pending"]) == {}
    mandate = charge["payment_method_details"][kind]["mandate"]
    assert api.get(f"mandates/{mandate}")["status"] == "pending"

    let_pass(timedelta(minutes=1))
    paid = api.get(f"payment_intents/{intent['id']}")
    after = api.get(f"charges/{charge['id']}", {"expand": ["balance_transaction"]})
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 10_000)
    assert (after["status"], after["paid"], after["captured"]) == ("succeeded", True, True)
    posted = after["balance_transaction"]
    assert (posted["type"], posted["amount"], posted["status"]) == ("payment", 10_000, "pending")
    waits = Release.objects.get().due_at - clock.now()
    assert abs(waits - timedelta(days=days)) < timedelta(minutes=2)
    assert api.get(f"mandates/{mandate}")["status"] == "active"
    assert event_types(charge["id"]) == ["charge.pending", "charge.succeeded"]
    assert event_types(intent["id"]) == [
        "payment_intent.created",
        "payment_intent.processing",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_usBankAccount_noAccount", "no_account"),
        ("pm_usBankAccount_accountClosed", "account_closed"),
        ("pm_usBankAccount_insufficientFunds", "insufficient_funds"),
        ("pm_usBankAccount_debitNotAuthorized", "debit_not_authorized"),
        ("pm_sepaDebit_failed_de", "generic_could_not_process"),
    ],
)
def test_a_debit_that_fails_leaves_nothing_in_the_books(api, method, code):
    intent = debit(api, method)
    let_pass(timedelta(minutes=1))

    failed = api.get(f"payment_intents/{intent['id']}", {"expand": ["latest_charge"]})
    charge = failed["latest_charge"]
    assert (failed["status"], failed["payment_method"]) == ("requires_payment_method", None)
    assert (charge["id"], charge["status"]) == (intent["latest_charge"], "failed")
    assert charge["failure_code"] == failed["last_payment_error"]["code"] == code
    assert charge["failure_message"]
    assert not Release.objects.exists()
    assert event_types(charge["id"]) == ["charge.pending", "charge.failed"]
    assert Mandate.objects.get().status == "inactive"


def test_the_answer_to_the_request_stays_processing(api):
    params = {"amount": 500, "payment_method": "pm_usBankAccount_success", "confirm": True, **US}
    first = api.post(
        "payment_intents", {**params, "mandate_data": ACCEPTED}, idempotency_key="debit-once"
    )
    let_pass(timedelta(minutes=1))
    again = api.post(
        "payment_intents", {**params, "mandate_data": ACCEPTED}, idempotency_key="debit-once"
    )

    assert (first.body, again["status"]) == (again.body, "processing")
    assert api.get(f"payment_intents/{first['id']}")["status"] == "succeeded"


def test_a_debit_that_stays_pending_is_asked_after(api):
    intent = debit(api, "pm_usBankAccount_processing")
    attempt = Attempt.objects.get()
    for days in (1, 2, 40):
        services.enquire(attempt_id=attempt.id, now=clock.now() + timedelta(days=days))

    assert api.get(f"payment_intents/{intent['id']}")["status"] == "processing"
    attempt.refresh_from_db()
    assert attempt.enquiries == 3
    assert attempt.next_enquiry_at is not None
    assert attempt.next_enquiry_at > clock.now() + timedelta(days=40)
    refused = api.post(f"payment_intents/{intent['id']}/cancel", status=400).error
    assert refused["code"] == "payment_intent_unexpected_state"
    charge = intent["latest_charge"]
    assert api.post("refunds", {"charge": charge}, status=400).error["code"]


def test_a_delayed_debit_takes_its_time(api):
    intent = debit(api, "pm_sepaDebit_successDelayed_de")
    let_pass(timedelta(minutes=2))
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "processing"
    let_pass(timedelta(minutes=4))
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"mandate_data": ""}, "parameter_missing", "mandate_data"),
        ({"currency": "eur"}, "payment_intent_invalid_parameter", "currency"),
        ({"capture_method": "manual"}, None, "capture_method"),
        (
            {"payment_method_types": ["card"]},
            "payment_intent_invalid_parameter",
            "payment_method",
        ),
    ],
)
def test_what_a_debit_needs_is_refused_with_its_parameter(api, more, code, param):
    error = debit(api, status=400, **more).error

    assert (error.get("code"), error["param"]) == (code, param)
    assert not Attempt.objects.exists()


def test_a_permission_that_was_given_before_serves_again(api):
    customer = api.post("customers")["id"]
    first = debit(api, customer=customer, setup_future_usage="off_session")
    method = first["payment_method"]
    let_pass(timedelta(minutes=1))
    mandate = Mandate.objects.get().id

    kept = api.get(f"payment_methods/{method}")
    assert kept["customer"] == customer
    second = debit(api, method, customer=customer, off_session=True, mandate_data="", **US)
    third = debit(api, method, customer=customer, mandate=mandate, mandate_data="", **US)
    let_pass(timedelta(minutes=2))
    for intent in (second, third):
        charge = api.get(f"charges/{intent['latest_charge']}")
        assert charge["status"] == "succeeded"
        assert charge["payment_method_details"]["us_bank_account"]["mandate"] == mandate
    assert Mandate.objects.count() == 1


@pytest.mark.parametrize("method", ["pm_usBankAccount_dispute", "pm_sepaDebit_disputed_de"])
def test_a_debit_that_comes_back_is_a_dispute_that_is_lost_at_once(api, method):
    intent = debit(api, method)
    let_pass(timedelta(minutes=1))

    charge = api.get(f"charges/{intent['latest_charge']}", {"expand": ["balance_transaction"]})
    assert (charge["status"], charge["disputed"]) == ("succeeded", True)
    (dispute,) = api.get("disputes", {"charge": charge["id"]})["data"]
    assert (dispute["status"], dispute["reason"]) == ("lost", "debit_not_authorized")
    assert dispute["is_charge_refundable"] is False
    (taken,) = dispute["balance_transactions"]
    assert (taken["amount"], taken["type"]) == (-10_000, "adjustment")
    assert event_types(dispute["id"]) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]
    again = api.post("refunds", {"charge": charge["id"]}, status=400).error
    assert again["code"] in ("charge_already_refunded", "charge_disputed")
    assert ledger.balances(["processor:sim:receivable"]) == {
        ("processor:sim:receivable", charge["currency"]): 0
    }


def test_an_account_that_was_set_up_is_debited_while_its_owner_is_away(api):
    customer = api.post("customers")["id"]
    data = {"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}}
    prefix = {"sepa_debit": {"mandate_options": {"reference_prefix": "shop-"}}}
    setup = api.post(
        "setup_intents",
        {
            "customer": customer,
            "payment_method_types": ["sepa_debit"],
            "payment_method_data": data,
            "payment_method_options": prefix,
            "mandate_data": ACCEPTED,
            "confirm": True,
        },
    )

    assert setup["status"] == "succeeded"
    mandate = api.get(f"mandates/{setup['mandate']}")
    assert mandate["status"] == "active"
    assert mandate["payment_method_details"]["sepa_debit"]["reference"].startswith("SHOP-")
    intent = debit(
        api,
        setup["payment_method"],
        **{**SEPA, "customer": customer, "off_session": True, "mandate_data": ""},
    )
    let_pass(timedelta(minutes=1))
    charge = api.get(f"charges/{intent['latest_charge']}")
    assert charge["status"] == "succeeded"
    assert charge["payment_method_details"]["sepa_debit"]["mandate"] == mandate["id"]


def test_a_debit_is_refunded_to_the_account(api):
    intent = debit(api)
    early = api.post("refunds", {"payment_intent": intent["id"]}, status=400).error
    assert early["code"] == "charge_not_refundable"
    let_pass(timedelta(minutes=1))

    refund = api.post("refunds", {"payment_intent": intent["id"], "amount": 4_000})
    let_pass(timedelta(minutes=1))
    assert api.get(f"refunds/{refund['id']}")["status"] == "succeeded"
    kinds = [row["type"] for row in api.get("balance_transactions")["data"]]
    assert kinds == ["payment_refund", "payment"]


def test_a_lost_notification_costs_a_day_and_no_money(api):
    intent = debit(api)
    attempt = Attempt.objects.get()
    SimulatedEvent.objects.all().delete()
    with transaction.atomic():
        row = memory.lock(attempt.id)
        assert row is not None
        row.captured_minor = row.authorised_minor = row.amount_minor
        memory.change(row, Answer(Outcome.APPROVED), now=clock.now())

    services.enquire(attempt_id=attempt.id, now=clock.now() + timedelta(days=1))
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"


def test_a_scenario_sends_a_debit_back_days_after_it_was_paid(api):
    later = [
        {"after": "1h", "happens": "settled"},
        {"after": "3d", "happens": "late_decline", "reason": "insufficient_funds"},
    ]
    steps = [{"on": "charge", "later": later}]
    api.post("test_helpers/scenarios", {"name": "It comes back", "steps": steps})
    intent = debit(api, "pm_usBankAccount_processing")

    let_pass(timedelta(hours=2))
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"
    assert api.get("disputes")["data"] == []
    let_pass(timedelta(days=4))
    (dispute,) = api.get("disputes")["data"]
    assert (dispute["status"], dispute["reason"]) == ("lost", "insufficient_funds")
    assert dispute["charge"] == intent["latest_charge"]


def test_cash_is_not_set_up(api):
    error = api.post(
        "setup_intents",
        {
            "payment_method_types": ["customer_balance"],
            "payment_method_data": {"type": "customer_balance"},
            "confirm": True,
        },
        status=400,
    ).error

    assert (error["code"], error["param"]) == ("setup_intent_invalid_parameter", "payment_method")
