"""The dispatcher, with real commits: rung, not rung, and two at once."""

import threading

from django.db import transaction

from apps.core import context
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
    services.dispatch()

    assert len(receiver.received) == 6
    assert jobs_rung()[before:] == [("webhooks.dispatch", {})]
    services.dispatch()
    assert len(receiver.received) == 7
