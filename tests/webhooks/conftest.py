"""What the tests of deliveries need: a receiver, an endpoint there, events, and a sender."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from apps.core import clock
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.webhooks import services
from apps.webhooks.client import Client
from apps.webhooks.models import WebhookEndpoint
from tests.webhooks.receiver import Receiver, receiving

TIMEOUT_S = 0.5


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server on loopback that keeps what it is sent."""
    with receiving() as one:
        yield one


@pytest.fixture
def client() -> Iterator[Client]:
    """The HTTP client of deliveries, with little patience."""
    with Client(timeout_s=TIMEOUT_S) as one:
        yield one


@pytest.fixture
def deliver(client: Client) -> Callable[..., int]:
    """Hand on what waits and send one batch of what is due; returns how many were tried."""

    def run(*, now: datetime | None = None) -> int:
        now = now or clock.now()
        services.fan_out(now=now)
        return services.deliver_due(client=client, now=now)

    return run


def make_endpoint(receiver: Receiver, **given: Any) -> WebhookEndpoint:
    """Make an endpoint of the current environment that is the receiver."""
    given = {"url": receiver.url, "enabled_events": ["*"], **given}
    return services.create_endpoint(given=given, now=clock.now())


def make_customer(**given: Any) -> Customer:
    """Make a customer of the current environment, and thereby an event."""
    return customers.create_customer(given=given, now=clock.now())
