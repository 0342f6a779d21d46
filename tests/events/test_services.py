"""Events are recorded with their cause, in one statement, or not at all."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.api import registry, versions
from apps.core import clock, context, jobs
from apps.core.ids import new_id
from apps.core.models import Job
from apps.customers.models import Customer
from apps.events import services as events
from apps.events.models import Event, OutboxRow

NOW = clock.now()


def a_customer(**fields):
    """Return a customer that is in no table: its snapshot is all that an event needs."""
    return Customer(
        id=new_id("cus"),
        account_id=context.current().account_id,
        created_at=NOW,
        invoice_prefix="ABCDEFGH",
        **fields,
    )


def a_job(key="job", *, in_s=60, **kwargs):
    return jobs.Due(key, "payments.enquire", NOW + timedelta(seconds=in_s), kwargs)


def test_an_event_has_the_object_as_the_api_shows_it(environment):
    customer = a_customer(name="Ada")
    with context.amended(request_id="req_1", idempotency_key="key_1"):
        events.record([events.Change("customer.created", customer)])

    event = Event.objects.get(object_id=customer.id)
    assert event.data == registry.render(customer)
    assert event.previous_attributes is None
    assert event.account_id == context.current().account_id
    assert (event.request_id, event.idempotency_key) == ("req_1", "key_1")
    assert event.api_version == versions.CURRENT
    waiting = OutboxRow.objects.get()
    assert (waiting.environment_id, waiting.event_id) == (environment.id, event.id)


def test_an_update_tells_what_was_before(environment):
    customer = a_customer(name="Ada", metadata={"order": "1"})
    before = registry.render(customer)
    customer.name, customer.metadata = "Grace", {"order": "1", "size": "L"}
    events.record([events.Change("customer.updated", customer, previous=before)])

    event = Event.objects.get()
    assert event.data["name"] == "Grace"
    assert event.previous_attributes == {"name": "Ada", "metadata": {"size": None}}


def test_an_update_that_changed_nothing_is_no_event(environment, jobs_rung):
    customer = a_customer(name="Ada")
    events.record([events.Change("customer.updated", customer, previous=registry.render(customer))])

    assert not Event.objects.exists()
    assert jobs_rung() == []


def test_a_deleted_object_is_shown_as_it_was(environment):
    customer = a_customer(name="Ada")
    shown = registry.render(customer)
    customer.deleted_at = NOW
    events.record([events.Change("customer.deleted", customer, shown=shown)])

    assert Event.objects.get().data["name"] == "Ada"


def test_everything_is_one_statement_and_one_doorbell(environment, jobs_rung):
    events.record([], schedule=[a_job("old"), a_job("there")])
    changes = [events.Change("customer.created", a_customer()) for _ in range(3)]
    with CaptureQueriesContext(connection) as queries:
        events.record(
            changes,
            schedule=[a_job("there", in_s=90), a_job("new", in_s=90, x=1)],
            cancel=["old", "none"],
        )

    assert len(queries) == 1
    assert [event.object_id for event in Event.objects.order_by("id")] == [
        change.obj.id for change in changes
    ]
    assert list(OutboxRow.objects.order_by("id").values_list("event_id", flat=True)) == list(
        Event.objects.order_by("id").values_list("id", flat=True)
    )
    assert set(Job.objects.values_list("key", "environment_id")) == {
        ("there", environment.id),
        ("new", environment.id),
    }
    assert Job.objects.get(key="there").due_at == NOW + timedelta(seconds=60)
    new = Job.objects.get(key="new")
    assert (new.task, new.due_at, new.kwargs) == (a_job().task, a_job(in_s=90).due_at, {"x": 1})
    assert jobs_rung() == [("webhooks.dispatch", {})]


def test_what_is_followed_by_more_leaves_the_ringing_to_that(environment, jobs_rung):
    events.record([events.Change("customer.created", a_customer())], more_follows=True)
    assert (OutboxRow.objects.count(), jobs_rung()) == (1, [])

    events.record([events.Change("customer.created", a_customer())])
    assert jobs_rung() == [("webhooks.dispatch", {})]


def test_jobs_alone_ring_for_nobody(environment, jobs_rung):
    events.record([], schedule=[a_job()])
    events.record([], cancel=["job"])
    events.record([])

    assert not Job.objects.exists()
    assert jobs_rung() == []


def test_an_event_goes_back_with_its_cause(environment):
    with transaction.atomic():
        events.record([events.Change("customer.created", a_customer())], schedule=[a_job()])
        transaction.set_rollback(True)

    assert not Event.objects.exists()
    assert not OutboxRow.objects.exists()
    assert not Job.objects.exists()


def test_nothing_is_recorded_outside_a_transaction(committed_environment):
    with pytest.raises(AssertionError, match="commits with its cause"):
        events.record([events.Change("customer.created", a_customer())])
    with pytest.raises(AssertionError, match="same transaction"):
        events.take_outbox(now=NOW, limit=1)


def test_an_event_of_no_known_name_is_a_mistake(environment):
    with pytest.raises(AssertionError, match=r"customer\.exploded"):
        events.record([events.Change("customer.exploded", a_customer())])


def test_the_outbox_gives_each_event_once_and_in_order(environment):
    events.record([events.Change("customer.created", a_customer()) for _ in range(3)])
    later = clock.now()
    assert events.take_outbox(now=NOW - timedelta(seconds=1), limit=5) == []

    first = events.take_outbox(now=later, limit=2)
    rest = events.take_outbox(now=later, limit=5)

    taken = [waiting.event_id for waiting in first + rest]
    assert (len(first), len(rest)) == (2, 1)
    assert taken == list(Event.objects.order_by("id").values_list("id", flat=True))
