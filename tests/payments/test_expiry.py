"""Authorisations that are not captured in time are let go."""

from datetime import timedelta

import pytest

from apps.core import clock, context, ids, jobs
from apps.core.models import Job
from apps.payments import services
from apps.payments.models import Charge, PaymentIntent, SimulatedOrder
from tests.payments.paying import event_types, pay

pytestmark = pytest.mark.django_db


def test_what_is_not_captured_within_a_week_is_let_go(api):
    held = pay(api, capture_method="manual", expand=["latest_charge"])
    charge = held["latest_charge"]
    until = charge["payment_method_details"]["card"]["capture_before"]
    assert until - charge["created"] == 7 * 86_400

    jobs.run_due(now=clock.from_unix(until) - timedelta(seconds=1))
    assert api.get(f"payment_intents/{held['id']}")["status"] == "requires_capture"
    services.expire_authorisation(
        intent_id=held["id"], now=clock.from_unix(until) + timedelta(seconds=1)
    )

    gone = api.get(f"payment_intents/{held['id']}", {"expand": ["latest_charge"]})
    assert (gone["status"], gone["cancellation_reason"]) == ("canceled", "automatic")
    assert (gone["amount_capturable"], gone["latest_charge"]["captured"]) == (0, False)
    assert event_types(charge["id"]) == ["charge.succeeded", "charge.expired"]
    assert event_types(held["id"])[-1] == "payment_intent.canceled"
    assert SimulatedOrder.objects.filter(kind="void").count() == 1
    assert not Job.objects.filter(task="payments.expire").exists()


def test_an_authorisation_of_any_account_is_let_go(api):
    held = pay(api, capture_method="manual")
    late = clock.now() + timedelta(days=8)

    # A job runs as the environment's own account, whoever the authorisation belongs to.
    with context.amended(account_id=ids.new_id("acct")):
        services.expire_authorisation(intent_id=held["id"], now=late)

    assert api.get(f"payment_intents/{held['id']}")["status"] == "canceled"


@pytest.mark.parametrize("operation", ["capture", "cancel"])
def test_what_was_captured_or_canceled_does_not_expire(api, operation):
    held = pay(api, capture_method="manual")
    assert Job.objects.filter(task="payments.expire").count() == 1

    ended = api.post(f"payment_intents/{held['id']}/{operation}")

    assert not Job.objects.filter(task="payments.expire").exists()
    services.expire_authorisation(intent_id=held["id"], now=clock.now() + timedelta(days=8))
    assert api.get(f"payment_intents/{held['id']}")["status"] == ended["status"]


def test_a_payment_that_is_captured_at_once_has_nothing_to_expire(api):
    pay(api)

    assert not Job.objects.filter(task="payments.expire").exists()


def test_an_authorisation_that_is_being_captured_is_looked_at_again(api):
    held = pay(api, capture_method="manual")
    PaymentIntent.objects.filter(pk=held["id"]).update(status="processing")
    late = clock.now() + timedelta(days=8)

    services.expire_authorisation(intent_id=held["id"], now=late)

    (job,) = Job.objects.filter(task="payments.expire")
    assert job.due_at == late + timedelta(hours=1)
    assert Charge.objects.get().is_released is False
