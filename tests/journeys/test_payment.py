"""A merchant's day, with the official Python library against a running installation."""

import json
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import requests
import stripe

from tests.installation import Installation
from tests.webhooks.receiver import Received, Receiver, receiving

pytestmark = pytest.mark.xdist_group("live")

WEBHOOK_TIMEOUT_S = 20

# The standard plan: 2.9 % and 30 cents. Captured 60.00, of which 20.00 went back.
FEE = 174 + 30
NET = 6_000 - FEE
LEFT = NET - 2_000


@pytest.fixture(scope="module")
def client(live: Installation) -> Iterator[stripe.StripeClient]:
    """Return the library as a merchant sets it up: another address, another key."""
    with requests.Session() as session:
        yield connect(live, live.secret_key, session)


def connect(live: Installation, key: str, session: requests.Session) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": live.base_url},
        http_client=stripe.RequestsClient(session=session),
    )


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Return the merchant's server."""
    with receiving() as here:
        yield here


@pytest.fixture(scope="module")
def webhook_secret(client: stripe.StripeClient, receiver: Receiver) -> str:
    """Subscribe to everything, and return the secret of the signatures."""
    endpoint = client.v1.webhook_endpoints.create(
        params={"url": receiver.url, "enabled_events": ["*"]}
    )
    assert endpoint.secret
    return endpoint.secret


@pytest.fixture
def customer(client: stripe.StripeClient) -> stripe.Customer:
    """Return a customer with a card."""
    customer = client.v1.customers.create(
        params={"email": "ada@example.com", "metadata": {"shelf": "7"}}
    )
    client.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    return customer


def pending(client: stripe.StripeClient) -> int:
    balance = client.v1.balance.retrieve()
    return sum(part.amount for part in balance.pending if part.currency == "usd")


def first_method(client: stripe.StripeClient, customer: stripe.Customer) -> str:
    methods = client.v1.payment_methods.list(params={"customer": customer.id})
    return methods.data[0].id


def pay(
    client: stripe.StripeClient, customer: stripe.Customer, amount: int
) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        params={
            "amount": amount,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": first_method(client, customer),
            "confirm": True,
            "return_url": "https://shop.example/back",
        }
    )


def wait_for(receiver: Receiver, kind: str, *, object_id: str) -> Received:
    """Return the delivery of the event `kind` about an object."""
    deadline = time.monotonic() + WEBHOOK_TIMEOUT_S
    while time.monotonic() < deadline:
        for received in list(receiver.received):
            event = json.loads(received.body)
            if event["type"] == kind and event["data"]["object"]["id"] == object_id:
                return received
        time.sleep(0.05)
    raise AssertionError(f"{kind} of {object_id} did not arrive.")


def test_a_card_is_authorised_captured_in_part_and_refunded_in_part(client, customer):
    before = pending(client)
    intent = client.v1.payment_intents.create(
        params={
            "amount": 10_000,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": first_method(client, customer),
            "capture_method": "manual",
        }
    )
    assert intent.status == "requires_confirmation"

    intent = client.v1.payment_intents.confirm(
        intent.id, params={"return_url": "https://shop.example/back"}
    )
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 10_000)
    assert pending(client) == before  # authorised money is nobody's yet

    intent = client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 6_000})
    assert (intent.status, intent.amount_received) == ("succeeded", 6_000)
    assert pending(client) == before + NET

    refund = client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 2_000})
    assert (refund.status, refund.amount) == ("succeeded", 2_000)
    assert pending(client) == before + LEFT

    intent = client.v1.payment_intents.retrieve(
        intent.id, params={"expand": ["customer", "latest_charge.balance_transaction"]}
    )
    charge = intent.latest_charge
    assert intent.customer.metadata["shelf"] == "7"
    assert (charge.amount_captured, charge.amount_refunded) == (6_000, 2_000)
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (FEE, NET)


def test_the_balance_is_the_sum_of_its_transactions(client, customer):
    pay(client, customer, 1_999)

    transactions = client.v1.balance_transactions.list(params={"limit": 100})

    assert pending(client) == sum(each.net for each in transactions.auto_paging_iter())


def test_payments_are_listed_page_by_page_newest_first(client, customer):
    made = [pay(client, customer, amount).id for amount in (1_000, 1_100, 1_200)]

    page = client.v1.payment_intents.list(params={"customer": customer.id, "limit": 2})
    everything = [intent.id for intent in page.auto_paging_iter()]

    assert page.has_more
    assert everything == made[::-1]


def test_a_declined_card_raises_what_the_library_promises(client):
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(
            params={
                "amount": 5_000,
                "currency": "usd",
                "payment_method": "pm_card_chargeDeclined",
                "payment_method_types": ["card"],
                "confirm": True,
            }
        )

    error = caught.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error
    assert error.error.payment_intent
    assert error.error.decline_code == "generic_decline"
    intent = client.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)


def test_the_same_key_pays_once_and_hears_the_same_answer(client, customer):
    params = {
        "amount": 2_500,
        "currency": "usd",
        "customer": customer.id,
        "payment_method": first_method(client, customer),
        "payment_method_types": ["card"],
        "confirm": True,
    }
    options = {"idempotency_key": str(uuid4())}
    first = client.v1.payment_intents.create(params=params, options=options)
    after_first = pending(client)

    second = client.v1.payment_intents.create(params=params, options=options)

    assert second.last_response.body == first.last_response.body
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert pending(client) == after_first
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create(params={**params, "amount": 2_501}, options=options)


def test_the_webhook_arrives_and_its_signature_holds(client, customer, receiver, webhook_secret):
    intent = pay(client, customer, 4_200)

    delivery = wait_for(receiver, "payment_intent.succeeded", object_id=intent.id)
    signature = delivery.headers["Stripe-Signature"]
    event = stripe.Webhook.construct_event(delivery.body, signature, webhook_secret)

    assert event.data.object.amount_received == 4_200
    assert client.v1.events.retrieve(event.id).type == event.type
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(delivery.body + b" ", signature, webhook_secret)


def test_a_wrong_key_is_refused(live):
    with requests.Session() as session:
        stranger = connect(live, f"{live.secret_key[:-4]}0000", session)
        with pytest.raises(stripe.AuthenticationError):
            stranger.v1.customers.list()
