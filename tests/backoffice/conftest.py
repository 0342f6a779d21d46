"""Operators, and an environment with something of every kind in it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import models

from apps.core import clock, jobs
from apps.core.context import Hosted
from apps.events.models import OutboxRow
from apps.identity import services as identity
from apps.identity.domain import Role
from apps.ledger import services as ledger
from apps.ledger.models import LedgerTransaction
from apps.tenants.models import Domain, Environment
from apps.webhooks.models import Delivery, DeliveryAttempt
from tests.backoffice.operators import Operator, make_user
from tests.client import ApiClient


@dataclass(frozen=True, slots=True)
class Made:
    """The ids of what was made."""

    customer: str
    intent: str
    charge: str
    refund: str
    endpoint: str


@pytest.fixture
def stranger(db: None) -> Operator:
    """An operator who has not chosen an environment."""
    return Operator(make_user())


@pytest.fixture
def operator(stranger: Operator, environment: Hosted) -> Operator:
    """An operator who works in the test's environment."""
    stranger.choose(environment)
    return stranger


@pytest.fixture
def made(api: ApiClient, environment: Environment) -> Made:
    """A refunded payment of a customer, with an endpoint that was told of it."""
    found = pay(api, environment)
    assert environment.tenant_id is not None
    identity.add_member(
        user=make_user("member@backoffice.test", is_operator=False),
        tenant_id=environment.tenant_id,
        role=Role.OWNER,
        now=clock.now(),
    )
    Domain.objects.create(domain="pay.backoffice.test", tenant_id=environment.id)
    keep_books()
    return found


def keep_books() -> None:
    """Seal what was posted, close a period before it, propose a reversal, and verify it all."""
    now = clock.now()
    assert any(ledger.seal_step(now=now) for _ in range(2))
    ledger.close_period(ends_at=now - timedelta(days=1), now=now)
    wrong = newest(LedgerTransaction)
    ledger.propose_reversal(transaction_id=wrong.pk, reason="Entered <twice>", now=now)
    ledger.verify_round(now=now)


def pay(api: ApiClient, environment: Hosted, *, email: str = "ada@backoffice.test") -> Made:
    """Make a payment, refund a part of it, and note deliveries of its first event."""
    endpoint = api.post(
        "webhook_endpoints", {"url": "https://shop.test/hooks", "enabled_events": ["*"]}
    )
    customer = api.post("customers", {"name": "Ada Lovelace", "email": email})
    intent = api.post(
        "payment_intents",
        {
            "amount": 10_000,
            "currency": "usd",
            "customer": customer["id"],
            "payment_method": "pm_card_visa",
            "confirm": True,
            "metadata": {"order": "<b>6735</b>"},
        },
    )
    refund = api.post("refunds", {"payment_intent": intent["id"], "amount": 1_000})
    tell(environment, endpoint["id"])
    jobs.schedule(jobs.Due(key=f"test:{intent['id']}", task="core.nothing", due_at=clock.now()))
    return Made(customer["id"], intent["id"], intent["latest_charge"], refund["id"], endpoint["id"])


def tell(environment: Hosted, endpoint_id: str) -> None:
    """Write a delivery of the newest event that failed once, as the dispatcher does."""
    now = clock.now()
    row = OutboxRow.objects.filter(environment_id=environment.id).order_by("id").last()
    assert row is not None
    delivery = Delivery.objects.create(
        environment_id=environment.id,
        event_id=row.event_id,
        endpoint_id=endpoint_id,
        url="https://shop.test/hooks",
        attempts=1,
        due_at=now + timedelta(minutes=1),
        last_status_code=500,
        created_at=now,
    )
    DeliveryAttempt.objects.create(
        delivery=delivery, number=1, at=now, duration_ms=12, status_code=500, response_body="<oops>"
    )


def newest(model: type[models.Model]) -> Any:
    """Return a row of the model; the test has made one."""
    found = model._default_manager.order_by("pk").last()
    assert found is not None, f"The fixture `made` makes no {model.__name__}."
    return found
