"""One payment through the API, as a merchant's code makes it: with the official `stripe` library.

The library and `requests` are of the working copy (`requirements/dev.txt`), not of the product.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import requests
import stripe

from apps.core.errors import DomainError

AMOUNT = 2_500
CURRENCY = "usd"
EVENT: Final = "payment_intent.succeeded"
REQUEST_TIMEOUT_S = 20
BODY_MAX = 1024 * 1024


class NoWebhook(DomainError):
    """The webhook did not arrive in time."""

    code = "no_webhook"


@dataclass(frozen=True, slots=True)
class Paid:
    """What the merchant has seen: the paid intent, with its charge and balance transaction, and the
    event that arrived with a signature that the library has verified."""

    intent: stripe.PaymentIntent
    charge: stripe.Charge
    balance_transaction: stripe.BalanceTransaction
    event: stripe.Event
    took_s: float
    """From the request that paid to the verified webhook."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request to the receiver: the body as it was signed, and the signature."""

    body: bytes
    signature: str


def pay(*, base_url: str, secret_key: str, timeout_s: float) -> Paid:
    """Make a customer, pay with a test card, and wait for the webhook.

    :raises NoWebhook: it did not arrive within `timeout_s`.
    :raises stripe.StripeError: the API refused something, or was not reached.
    """
    with _receiving() as (url, arrived), requests.Session() as session:
        client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": base_url},
            http_client=stripe.RequestsClient(session=session, timeout=REQUEST_TIMEOUT_S),
        )
        with _subscribed(client, url) as webhook_secret:
            started = time.monotonic()
            intent = _confirm(client)
            event = _wait_for(
                arrived, intent_id=intent.id, secret=webhook_secret, until=started + timeout_s
            )
            took_s = time.monotonic() - started
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge), "latest_charge was expanded."
    entry = charge.balance_transaction
    assert isinstance(entry, stripe.BalanceTransaction), "balance_transaction was expanded."
    return Paid(intent=intent, charge=charge, balance_transaction=entry, event=event, took_s=took_s)


def _confirm(client: stripe.StripeClient) -> stripe.PaymentIntent:
    customer = client.v1.customers.create(
        params={"name": "Ada Lovelace", "email": "ada@example.com"}
    )
    return client.v1.payment_intents.create(
        params={
            "amount": AMOUNT,
            "currency": CURRENCY,
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "description": "The demo's payment",
            "expand": ["latest_charge.balance_transaction"],
        }
    )


@contextmanager
def _subscribed(client: stripe.StripeClient, url: str) -> Iterator[str]:
    """Have the event sent to `url` inside the block; yield the secret of its signatures."""
    endpoint = client.v1.webhook_endpoints.create(
        params={"url": url, "enabled_events": [EVENT], "description": "The demo's receiver"}
    )
    assert endpoint.secret, "A new endpoint shows its secret."
    try:
        yield endpoint.secret
    finally:
        client.v1.webhook_endpoints.delete(endpoint.id)


def _wait_for(
    arrived: SimpleQueue[Delivery], *, intent_id: str, secret: str, until: float
) -> stripe.Event:
    """Return the verified event about the intent; other people's payments are passed over."""
    while True:
        try:
            delivery = arrived.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            raise NoWebhook(
                f"The payment {intent_id} was made, but its webhook did not arrive. "
                "Do the worker and beat run?"
            ) from None
        event: stripe.Event = stripe.Webhook.construct_event(
            delivery.body, delivery.signature, secret
        )
        if event.data.object["id"] == intent_id:
            return event


@contextmanager
def _receiving() -> Iterator[tuple[str, SimpleQueue[Delivery]]]:
    """Listen on a free loopback port inside the block; yield the address and what arrives there."""
    arrived: SimpleQueue[Delivery] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        """Keeps each request, and says thanks."""

        def do_POST(self) -> None:
            length = min(int(self.headers["Content-Length"]), BODY_MAX)
            body = self.rfile.read(length)
            arrived.put(Delivery(body, self.headers.get("Stripe-Signature", "")))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the trail says what arrived."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/webhooks", arrived
        finally:
            server.shutdown()
            thread.join()
