"""Where customers transfer money to, and transfers that the processor tells of by itself."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.money import Money
from apps.payments import services
from apps.payments.models import Attempt, CashTransaction, FundingAddress, ReceivedNotification
from apps.payments.processors import simulator
from apps.payments.services import reconciling
from tests.payments.orders import let_pass
from tests.payments.test_cash import cash, fund, in_the_books, moves, pay

pytestmark = pytest.mark.django_db


def instruct(api, customer, kind, currency, *, status=200, **more):
    return api.post(
        f"customers/{customer}/funding_instructions",
        {
            "currency": currency,
            "funding_type": "bank_transfer",
            "bank_transfer": {"type": kind, **more},
        },
        status=status,
    )


@pytest.fixture
def customer(api):
    return api.post("customers")["id"]


@pytest.mark.parametrize(
    ("kind", "currency", "more", "types"),
    [
        ("us_bank_transfer", "usd", {}, ["aba", "swift"]),
        ("gb_bank_transfer", "gbp", {}, ["sort_code"]),
        ("jp_bank_transfer", "jpy", {}, ["zengin"]),
        ("mx_bank_transfer", "mxn", {}, ["spei"]),
        ("eu_bank_transfer", "eur", {"eu_bank_transfer": {"country": "DE"}}, ["iban"]),
    ],
)
def test_a_customer_has_an_account_to_transfer_to_and_keeps_it(
    api, customer, kind, currency, more, types
):
    shown = instruct(api, customer, kind, currency, **more)

    assert shown["bank_transfer"]["type"] == kind
    assert [one["type"] for one in shown["bank_transfer"]["financial_addresses"]] == types
    assert instruct(api, customer, kind, currency, **more) == shown
    other = api.post("customers")["id"]
    assert instruct(api, other, kind, currency, **more)["bank_transfer"] != shown["bank_transfer"]
    assert FundingAddress.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "currency", "more", "param"),
    [
        ("us_bank_transfer", "eur", {}, "bank_transfer[type]"),
        ("eu_bank_transfer", "eur", {}, "bank_transfer[eu_bank_transfer][country]"),
        (
            "eu_bank_transfer",
            "eur",
            {"eu_bank_transfer": {"country": "US"}},
            "bank_transfer[eu_bank_transfer][country]",
        ),
        ("xx_bank_transfer", "usd", {}, "bank_transfer[type]"),
    ],
)
def test_a_transfer_that_does_not_exist_is_refused_with_its_parameter(
    api, customer, kind, currency, more, param
):
    assert instruct(api, customer, kind, currency, status=400, **more).error["param"] == param


def test_a_payment_in_euros_says_where_its_account_is(api, customer):
    options = {
        "customer_balance": {
            "funding_type": "bank_transfer",
            "bank_transfer": {
                "type": "eu_bank_transfer",
                "eu_bank_transfer": {"country": "FR"},
            },
        }
    }
    intent = pay(api, customer, currency="eur", payment_method_options=options)

    (address,) = intent["next_action"]["display_bank_transfer_instructions"]["financial_addresses"]
    assert address["iban"]["iban"].startswith("FR")
    instructed = instruct(
        api, customer, "eu_bank_transfer", "eur", eu_bank_transfer={"country": "FR"}
    )
    assert instructed["bank_transfer"]["financial_addresses"] == [address]


def test_a_transfer_is_heard_of_by_a_notification_as_well(api, customer):
    intent = pay(api, customer, 700)
    simulator.receive_transfer(
        "transfer_of_the_night",
        customer=customer,
        money=Money(700, "usd"),
        note=None,
        now=clock.now(),
    )
    assert cash(api, customer) is None

    let_pass()
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"
    assert ReceivedNotification.objects.filter(kind="funds", applied_at=None).count() == 0
    fund(api, customer, 50)
    let_pass()
    assert cash(api, customer) == {"usd": 50}
    assert CashTransaction.objects.filter(type="funded").count() == 2


def test_a_transfer_whose_notification_was_lost_is_found_in_the_report(api, customer):
    simulator.receive_transfer(
        "transfer_lost", customer=customer, money=Money(700, "usd"), note="x", now=clock.now()
    )
    tomorrow = clock.now() + timedelta(days=1)

    assert reconciling.reconcile(now=tomorrow) == []
    assert cash(api, customer) == {"usd": 700}
    assert reconciling.reconcile(now=tomorrow) == []
    assert in_the_books("processor:sim:receivable") == 700


def test_the_report_explains_the_receivable_after_payments_and_refunds_of_cash(api, customer):
    fund(api, customer, 9_000)
    intent = pay(api, customer, 5_000)
    api.post("refunds", {"payment_intent": intent["id"], "amount": 1_000})
    to_bank = {"payment_intent": intent["id"], "amount": 500, "instructions_email": "a@b.example"}
    refund = api.post("refunds", to_bank)

    assert refund["status"] == "requires_action"
    now = clock.now() + timedelta(days=1)
    report = simulator.Simulator().settle_report(since=now - timedelta(days=2), until=now)
    assert sum(line.money.minor for line in report) == in_the_books("processor:sim:receivable")
    assert in_the_books("processor:sim:receivable") == 8_500
    assert cash(api, customer) == {"usd": 5_000}
    assert [kind for kind, _, _ in moves(api, customer)] == [
        "funded",
        "applied_to_payment",
        "refunded_from_payment",
    ]
    assert reconciling.reconcile(now=now) == []


def test_money_of_a_customer_who_was_deleted_is_kept(api, customer):
    api.delete(f"customers/{customer}")
    simulator.receive_transfer(
        "transfer_late", customer=customer, money=Money(700, "usd"), note=None, now=clock.now()
    )
    let_pass()

    assert in_the_books(f"customer:{customer}:cash") == 700
    path = f"test_helpers/customers/{customer}/fund_cash_balance"
    gone = api.post(path, {"amount": 1, "currency": "usd"}, status=404).error
    assert gone["code"] == "resource_missing"


def test_a_payment_by_transfer_may_wait_for_long(api, customer):
    intent = pay(api, customer)
    (attempt,) = Attempt.objects.all()
    services.enquire(attempt_id=attempt.id, now=clock.now() + timedelta(days=200))

    assert api.get(f"payment_intents/{intent['id']}")["status"] == "requires_action"
