"""Transfers, payments and refunds of one customer at once: no cent is taken twice or lost."""

from functools import partial

import pytest

from apps.ledger import queries as ledger
from apps.payments.models import Attempt, CashTransaction, Charge, PaymentIntent
from tests.client import ApiClient
from tests.payments.test_cash import cash, fund, in_the_books, pay
from tests.races import at_once


@pytest.fixture
def client(committed, committed_environment) -> ApiClient:
    """Return a client of an environment whose transactions commit."""
    return ApiClient(committed.secret_key)


@pytest.fixture
def customer(client) -> str:
    return str(client.post("customers")["id"])


def check_books(customer: str, *, received: int) -> None:
    """Check that what was received is with the customer, with payments in part, or paid."""
    free, applied = (in_the_books(f"customer:{customer}:{part}") for part in ("cash", "applied"))
    paid = sum(Charge.objects.values_list("amount_captured_minor", flat=True))
    refunded = sum(Charge.objects.values_list("amount_refunded_minor", flat=True))
    assert free + applied + paid - refunded == in_the_books("processor:sim:receivable") == received
    moved = CashTransaction.objects.filter(customer=customer).order_by("id")
    assert sum(moved.values_list("net_minor", flat=True)) == free
    assert moved.reverse()[0].ending_minor == free
    assert ledger.check_drift() == []


def test_transfers_and_payments_at_once_all_meet(client, customer):
    calls = [partial(fund, client, customer, 1_000) for _ in range(6)]
    calls += [partial(pay, client, customer, 1_500) for _ in range(4)]
    answers = at_once(*calls)
    unexpected = [answer for answer in answers if isinstance(answer, Exception)]
    assert not unexpected, unexpected[:3]

    fund(client, customer, 1)  # whoever came last looks at all that waits
    check_books(customer, received=6_001)
    assert PaymentIntent.objects.filter(status="succeeded").count() == 4
    assert cash(client, customer) == {"usd": 1}
    assert in_the_books(f"customer:{customer}:applied") == 0


def test_one_payment_is_paid_once_by_transfers_at_once(client, customer):
    intent = pay(client, customer, 2_000)
    answers = at_once(*(partial(fund, client, customer, 1_900) for _ in range(6)))
    unexpected = [answer for answer in answers if isinstance(answer, Exception)]
    assert not unexpected, unexpected[:3]

    assert client.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"
    assert Charge.objects.count() == 1
    check_books(customer, received=6 * 1_900)


def test_a_payment_that_is_given_up_while_a_transfer_comes_keeps_nothing(client, customer):
    fund(client, customer, 500)
    intent = pay(client, customer, 2_000)
    path = f"payment_intents/{intent['id']}/cancel"
    answers = at_once(
        partial(client.post, path, status=None), partial(fund, client, customer, 1_500)
    )
    unexpected = [answer for answer in answers if isinstance(answer, Exception)]
    assert not unexpected, unexpected[:3]

    status = client.get(f"payment_intents/{intent['id']}")["status"]
    assert status in ("canceled", "succeeded")
    check_books(customer, received=2_000)
    assert in_the_books(f"customer:{customer}:applied") == 0
    assert not Attempt.objects.filter(status="acting").exists()


def test_applications_by_hand_at_once_take_no_more_than_there_is(client, customer):
    client.post(
        f"customers/{customer}/cash_balance", {"settings": {"reconciliation_mode": "manual"}}
    )
    intents = [pay(client, customer, 1_000)["id"] for _ in range(4)]
    fund(client, customer, 2_500)
    paths = [f"payment_intents/{one}/apply_customer_balance" for one in intents]
    answers = at_once(*(partial(client.post, path, status=None) for path in paths))

    codes = sorted(str(one.error["code"] if "error" in one else 200) for one in answers)
    assert codes == ["200", "200", "insufficient_funds", "insufficient_funds"]
    check_books(customer, received=2_500)
