"""The dispatcher, with real commits: rung, not rung, and two at once."""

import threading
from datetime import timedelta

from django.db import connection, transaction

from apps.core import clock, context
from apps.events.models import OutboxRow
from apps.webhooks import services, tasks
from apps.webhooks.models import Delivery, DeliveryAttempt
from tests.races import at_once
from tests.webhooks.conftest import make_customer, make_endpoint
from tests.webhooks.receiver import Reply


def test_a_commit_rings_and_the_task_delivers(committed_environment, receiver, jobs_rung):
    make_endpoint(receiver)
    make_customer()

    assert jobs_rung() == [("webhooks.dispatch", {})]
    tasks.dispatch()
    assert len(receiver.received) == 1


def test_a_lost_doorbell_delays_an_event_until_the_next_sweep(committed, receiver):
    with context.enter(committed.environment, by="system"):
        make_endpoint(receiver)
        make_customer()
    # Nobody heard the bell. Beat knows no environment, and runs the task every other second.
    assert context.maybe_current() is None
    tasks.dispatch(sent_by="a newer release")

    assert len(receiver.received) == 1


def test_two_dispatchers_at_once_deliver_once_each(committed_environment, receiver):
    make_endpoint(receiver)
    for _ in range(30):
        make_customer()
    assert at_once(*[services.dispatch] * 4) == [None] * 4

    assert len(receiver.received) == 30
    assert len(set(receiver.event_ids)) == 30
    assert not OutboxRow.objects.exists()
    assert Delivery.objects.filter(status="succeeded").count() == 30
    assert DeliveryAttempt.objects.count() == 30


def test_an_environment_that_cannot_be_read_holds_up_no_other_one(open_committed, receiver, client):
    broken, sound = open_committed().environment, open_committed().environment
    for environment in (broken, sound):
        with context.enter(environment, by="system"):
            make_endpoint(receiver)
            make_customer()
    now = clock.now()
    with context.enter(broken, by="system"):
        rename("webhooks_webhookendpoint", "gone")

    assert services.fan_out(now=now) == 2
    assert [row.environment_id for row in OutboxRow.objects.all()] == [broken.id]

    with context.enter(broken, by="system"):
        rename("gone", "webhooks_webhookendpoint")
        services.fan_out(now=now + timedelta(minutes=2))
        rename("webhooks_webhookendpoint", "gone")
    later = now + timedelta(minutes=3)
    services.deliver_due(client=client, now=later)
    waiting = Delivery.objects.get(environment_id=broken.id)

    assert Delivery.objects.get(environment_id=sound.id).status == "succeeded"
    assert (waiting.status, waiting.attempts) == ("pending", 0)
    assert waiting.due_at > later

    with context.enter(broken, by="system"):
        rename("gone", "webhooks_webhookendpoint")
    services.deliver_due(client=client, now=waiting.due_at)
    assert len(receiver.received) == 2


def rename(table: str, name: str) -> None:
    """Rename a table of the current environment."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


def test_no_transaction_is_open_while_a_receiver_thinks(committed_environment, receiver):
    """Another process can read and write the delivery: it is not locked."""
    is_read, is_asked = threading.Event(), threading.Event()

    def think():
        is_asked.set()
        is_read.wait(5)

    receiver.replies = [Reply(before=think)]
    make_endpoint(receiver)
    make_customer()

    def look():
        assert is_asked.wait(5)
        with transaction.atomic():
            rows = Delivery.objects.select_for_update(nowait=True)
            found = list(rows.values("status", "attempts"))
        is_read.set()
        return found

    _, found = at_once(services.dispatch, look)
    assert found == [{"status": "pending", "attempts": 1}]
    assert len(receiver.received) == 1


def test_much_to_do_is_done_in_turns(committed_environment, receiver, jobs_rung, monkeypatch):
    make_endpoint(receiver)
    for _ in range(7):
        make_customer()
    monkeypatch.setattr("apps.webhooks.services.deliveries.SEND_BATCH", 3)
    monkeypatch.setattr("apps.webhooks.services.deliveries.ROUNDS_MAX", 2)
    before = len(jobs_rung())
    tasks.dispatch()

    assert len(receiver.received) == 6
    assert jobs_rung()[before:] == [("webhooks.dispatch", {})]
    tasks.dispatch()
    assert len(receiver.received) == 7
