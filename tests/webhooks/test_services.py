"""From the cause of an event to the endpoint that was told: once, signed, and again if need be."""

import json
from datetime import timedelta

import pytest
import standardwebhooks
import stripe
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.api import registry, versions
from apps.core import clock, context
from apps.events import queries as event_queries
from apps.events.models import Event, OutboxRow
from apps.webhooks import domain, queries, services
from apps.webhooks.models import Delivery, DeliveryAttempt
from tests.webhooks.conftest import make_customer, make_endpoint
from tests.webhooks.receiver import Reply

DELAYS_S = [5, 60]


@pytest.fixture(autouse=True)
def _two_retries(settings):
    settings.WEBHOOK_RETRY_DELAYS_S = DELAYS_S


def after_s(seconds):
    return clock.now() + timedelta(seconds=seconds)


def test_a_delivery_is_accepted_by_the_official_libraries(environment, receiver, deliver):
    endpoint = make_endpoint(receiver)
    customer = make_customer(name="Zoë", metadata={"order": "1"})
    deliver()

    (received,) = receiver.received
    event = stripe.Webhook.construct_event(
        received.body, received.headers["Stripe-Signature"], endpoint.secret
    )
    assert (event.type, event.data.object.id) == ("customer.created", customer.id)
    checked = standardwebhooks.Webhook(endpoint.secret).verify(received.body, received.headers)
    assert checked["id"] == received.headers["webhook-id"] == event.id
    assert received.headers["Content-Type"].startswith("application/json")


def test_the_body_is_the_event_as_the_api_shows_it(environment, receiver, deliver, api):
    make_endpoint(receiver)
    make_customer()
    deliver()

    sent = json.loads(receiver.received[0].body)
    shown = api.get(f"events/{sent['id']}")
    assert sent == {**shown, "pending_webhooks": 1}
    assert shown["pending_webhooks"] == 0


def test_the_event_has_the_version_that_the_endpoint_was_made_for(environment, receiver, deliver):
    make_endpoint(receiver, api_version="2026-07-29.dahlia")
    make_endpoint(receiver)
    make_customer()
    deliver()

    told = {json.loads(received.body)["api_version"] for received in receiver.received}
    assert told == {"2026-07-29.dahlia", versions.CURRENT}


def test_an_endpoint_gets_what_it_asks_for_once(environment, receiver, deliver):
    make_endpoint(receiver, enabled_events=["customer.created", "*"])
    make_endpoint(receiver, enabled_events=["customer.deleted"])
    make_customer()
    make_customer()

    assert [deliver(), deliver()] == [2, 0]
    assert len(set(receiver.event_ids)) == len(receiver.received) == 2
    assert not OutboxRow.objects.exists()


def test_without_an_endpoint_the_outbox_is_emptied_all_the_same(environment, deliver):
    make_customer()

    assert deliver() == 0
    assert not OutboxRow.objects.exists()
    assert not Delivery.objects.exists()


def test_an_endpoint_is_told_of_its_own_account_only(environment, receiver, deliver):
    with context.amended(account_id="acct_another"):
        make_endpoint(receiver)
    make_customer()

    assert deliver() == 0


def test_environments_do_not_hear_of_each_other(environment, other_environment, receiver, deliver):
    make_endpoint(receiver)
    with context.enter(other_environment, by="system"):
        theirs = make_endpoint(receiver)
        their_customer = make_customer()
    customer = make_customer()
    deliver()

    by_secret: dict[bool, list[str]] = {True: [], False: []}
    for received in receiver.received:
        signature = received.headers["Stripe-Signature"]
        timestamp = int(signature.split(",")[0].removeprefix("t="))
        is_theirs = signature == domain.wire_signature(
            received.body, secrets=[theirs.secret], timestamp=timestamp
        )
        by_secret[is_theirs].append(json.loads(received.body)["data"]["object"]["id"])
    assert by_secret == {True: [their_customer.id], False: [customer.id]}


def test_every_attempt_is_recorded(environment, receiver, deliver):
    receiver.replies = [Reply(500, b"no\x00t \xff now"), Reply(204)]
    make_endpoint(receiver)
    make_customer()
    deliver()
    deliver(now=after_s(7))

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.last_status_code) == ("succeeded", 2, 204)
    first, second = DeliveryAttempt.objects.order_by("number")
    assert (first.number, first.status_code, first.response_body) == (1, 500, "not \ufffd now")
    assert (second.number, second.status_code, second.response_body) == (2, 204, "")
    assert second.at > first.at


def test_retries_follow_the_schedule_until_it_ends(environment, receiver, deliver):
    receiver.replies = [Reply(503)]
    make_endpoint(receiver)
    make_customer()
    begun = clock.now()

    tried = {}
    for seconds in (0, 4, 7, 50, 80, 10_000, 100_000):
        tried[seconds] = deliver(now=begun + timedelta(seconds=seconds + 1))
    assert tried == {0: 1, 4: 0, 7: 1, 50: 0, 80: 1, 10_000: 0, 100_000: 0}
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.last_status_code) == ("failed", 3, 503)


def test_every_attempt_is_signed_anew(environment, receiver, deliver):
    receiver.replies = [Reply(500), Reply()]
    endpoint = make_endpoint(receiver)
    make_customer()
    deliver()
    deliver(now=after_s(3600))

    old, new = (received.headers["Stripe-Signature"] for received in receiver.received)
    body = receiver.received[1].body
    assert old != new
    assert stripe.Webhook.construct_event(body, new, endpoint.secret)
    assert len(set(receiver.event_ids)) == 1


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500])
def test_only_a_2xx_says_that_the_event_has_arrived(environment, receiver, deliver, status):
    receiver.replies = [Reply(status, headers={"Location": f"{receiver.url}/elsewhere"})]
    make_endpoint(receiver)
    make_customer()
    deliver()

    assert Delivery.objects.get().status == "pending"
    assert len(receiver.received) == 1


def test_no_answer_is_a_reason_and_a_retry(environment, receiver, deliver):
    make_endpoint(receiver, url="http://127.0.0.1:1/nobody")
    make_customer()
    deliver()

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.last_status_code) == ("pending", None)
    assert delivery.last_error == DeliveryAttempt.objects.get().error == "connection"


def test_a_disabled_endpoint_is_sent_nothing_more(environment, receiver, deliver):
    receiver.replies = [Reply(500)]
    endpoint = make_endpoint(receiver)
    make_customer()
    deliver()
    services.update_endpoint(endpoint_id=endpoint.id, given={"disabled": True})
    make_customer()

    assert deliver(now=after_s(7)) == 1
    assert len(receiver.received) == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.last_error) == ("failed", "endpoint_disabled")


def test_a_deleted_endpoint_is_sent_nothing_more(environment, receiver, deliver):
    receiver.replies = [Reply(500)]
    endpoint = make_endpoint(receiver)
    make_customer()
    deliver()
    services.delete_endpoint(endpoint_id=endpoint.id, now=clock.now())
    make_customer()

    assert deliver(now=after_s(7)) == 0
    assert len(receiver.received) == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.last_error) == ("failed", "endpoint_deleted")
    endpoint.refresh_from_db()
    assert endpoint.secret == ""


def test_an_endpoint_that_changed_its_url_is_called_there(environment, receiver, deliver):
    endpoint = make_endpoint(receiver, url="http://127.0.0.1:1/nobody")
    make_customer()
    deliver()
    services.update_endpoint(endpoint_id=endpoint.id, given={"url": receiver.url})
    deliver(now=after_s(7))

    assert Delivery.objects.get().url == receiver.url
    assert len(receiver.received) == 1


def test_a_bad_answer_does_not_hold_up_the_others(environment, receiver, deliver):
    make_endpoint(receiver, url="http://127.0.0.1:1/nobody")
    make_endpoint(receiver)
    make_customer()
    deliver()

    assert len(receiver.received) == 1
    assert set(Delivery.objects.values_list("status", flat=True)) == {"pending", "succeeded"}


def test_a_crash_between_sending_and_recording_sends_the_same_event_again(
    environment, receiver, deliver, client
):
    make_endpoint(receiver)
    make_customer()
    now = clock.now()
    services.fan_out(now=now)

    class ProcessDied(BaseException):
        """What kill -9 is to a process."""

    class DyingClient:
        def send(self, messages):
            client.send(messages)
            raise ProcessDied

    with pytest.raises(ProcessDied):
        services.deliver_due(client=DyingClient(), now=now)
    assert deliver(now=now + timedelta(seconds=30)) == 0
    lease_s = django_settings.WEBHOOK_TIMEOUT_S + 60
    assert deliver(now=now + timedelta(seconds=lease_s)) == 1

    assert len(receiver.received) == 2
    assert len(set(receiver.event_ids)) == 1
    assert Delivery.objects.get().status == "succeeded"
    assert list(DeliveryAttempt.objects.values_list("number", flat=True)) == [2]


@pytest.mark.parametrize(
    ("late", "other", "kept"),
    [(Reply(500), Reply(500), "pending"), (Reply(200), Reply(500), "succeeded")],
    ids=["a late failure says nothing", "a late success counts"],
)
def test_a_sender_whose_lease_ran_out(environment, receiver, deliver, client, late, other, kept):
    make_endpoint(receiver)
    make_customer()
    now = clock.now()
    services.fan_out(now=now)
    much_later = now + timedelta(seconds=500)

    class SlowClient:
        def send(self, messages):
            receiver.replies = [late]
            answers = client.send(messages)
            receiver.replies = [other]
            assert deliver(now=much_later) == 1
            return answers

    services.deliver_due(client=SlowClient(), now=now)

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == (kept, 2)
    if kept == "pending":
        assert delivery.due_at > much_later
    assert sorted(DeliveryAttempt.objects.values_list("number", flat=True)) == [1, 2]


def test_the_age_of_what_nobody_has_tried(environment, receiver, deliver):
    make_endpoint(receiver)
    assert queries.oldest_undelivered_age_s(now=after_s(100)) == 0

    make_customer()
    in_outbox = queries.oldest_undelivered_age_s(now=after_s(100))
    services.fan_out(now=clock.now())
    handed_on = queries.oldest_undelivered_age_s(now=after_s(100))
    receiver.replies = [Reply(500)]
    deliver()

    assert 95 < in_outbox < 105
    assert 95 < handed_on < 105
    assert queries.oldest_undelivered_age_s(now=after_s(100)) == 0


def test_an_event_counts_those_who_wait_for_it(environment, receiver, deliver):
    receiver.replies = [Reply(500), Reply(500), Reply(200), Reply(500)]
    make_endpoint(receiver)
    make_endpoint(receiver)
    make_customer()
    event_id = Event.objects.get().id

    def pending():
        return registry.render(event_queries.get_event(event_id))["pending_webhooks"]

    counts = []
    for seconds in (0, 7, 100):
        deliver(now=after_s(seconds))
        counts.append(pending())
    # Both failed; one arrived; the other was given up.
    assert counts == [2, 1, 0]


def test_a_batch_is_no_larger_than_what_may_be_in_flight(
    environment, receiver, client, monkeypatch
):
    monkeypatch.setattr("apps.webhooks.services.deliveries.SEND_BATCH", 3)
    make_endpoint(receiver)
    for _ in range(5):
        make_customer()
    now = clock.now()
    services.fan_out(now=now)

    assert [services.deliver_due(client=client, now=now) for _ in range(3)] == [3, 2, 0]


def test_more_deliveries_are_no_more_statements(environment, receiver, client):
    make_endpoint(receiver)

    def statements(deliveries):
        for _ in range(deliveries):
            make_customer()
        now = clock.now()
        with CaptureQueriesContext(connection) as queries:
            services.fan_out(now=now)
            assert services.deliver_due(client=client, now=now) == deliveries
        return len(queries)

    assert statements(1) == statements(20)
