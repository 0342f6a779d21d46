"""`/v1/events`."""

import pytest

from apps.core import clock
from apps.events.models import Event


def types_of(answer):
    return [event["type"] for event in answer["data"]]


@pytest.fixture
def customer(api):
    """A customer that was created, updated and deleted."""
    made = api.post("customers", {"name": "Ada", "metadata": {"order": "1"}}, idempotency_key="k1")
    api.post(f"customers/{made['id']}", {"name": "Grace"})
    api.delete(f"customers/{made['id']}")
    return made


def test_what_happened_is_listed_newest_first(api, customer):
    answer = api.get("events")

    assert types_of(answer) == ["customer.deleted", "customer.updated", "customer.created"]
    assert answer["url"] == "/v1/events"
    deleted, updated, created = answer["data"]
    assert created["data"] == {"object": customer}
    assert updated["data"]["previous_attributes"] == {"name": "Ada"}
    assert deleted["data"]["object"]["name"] == "Grace"
    assert "deleted" not in deleted["data"]["object"]


def test_an_event_names_the_request_that_caused_it(api):
    customer = api.post("customers", idempotency_key="a key")
    with_key = api.get("events")["data"][0]
    changed = api.post(f"customers/{customer['id']}", {"name": "Ada"})
    without = api.get("events")["data"][0]

    assert with_key["request"] == {
        "id": customer.headers["Request-Id"],
        "idempotency_key": "a key",
    }
    assert without["request"] == {"id": changed.headers["Request-Id"], "idempotency_key": None}


def test_an_event_is_found_by_its_id(api, customer):
    shown = api.get("events")["data"][0]

    assert api.get(f"events/{shown['id']}") == shown
    assert shown["livemode"] is False
    assert shown["pending_webhooks"] == 0


def test_an_event_of_another_environment_is_not_found(api, other_api, live_api, customer):
    event_id = api.get("events")["data"][0]["id"]

    for stranger in (other_api, live_api):
        refusal = stranger.get(f"events/{event_id}", status=404)
        assert refusal.error["code"] == "resource_missing"
        assert stranger.get("events", {"starting_after": event_id}, status=400)
        assert event_id not in [event["id"] for event in stranger.get("events")["data"]]


def test_an_event_of_another_account_is_not_found(api, environment, customer):
    event = Event.objects.order_by("-id")[0]
    Event.objects.filter(pk=event.pk).update(account_id="acct_another")

    api.get(f"events/{event.pk}", status=404)
    assert types_of(api.get("events")) == ["customer.updated", "customer.created"]


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"type": "customer.updated"}, ["customer.updated"]),
        ({"type": "customer.*"}, ["customer.deleted", "customer.updated", "customer.created"]),
        ({"type": "charge.*"}, []),
        ({"type": "*", "limit": 1}, ["customer.deleted"]),
        (
            {"types": ["customer.created", "customer.deleted"]},
            ["customer.deleted", "customer.created"],
        ),
        ({"types": ["charge.succeeded"]}, []),
    ],
)
def test_a_list_is_narrowed_by_type(api, customer, params, kept):
    assert types_of(api.get("events", params)) == kept


def test_a_list_is_narrowed_by_time(api, customer):
    now = clock.to_unix(clock.now())

    assert len(api.get("events", {"created": {"gte": now - 60}})["data"]) == 3
    assert api.get("events", {"created": {"gt": now + 60}})["data"] == []


def test_a_list_is_paged(api, customer):
    first = api.get("events", {"limit": 2})
    rest = api.get("events", {"limit": 2, "starting_after": first["data"][-1]["id"]})

    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert types_of(first) + types_of(rest) == types_of(api.get("events"))


def test_without_endpoints_everything_is_delivered(api, customer):
    assert len(api.get("events", {"delivery_success": True})["data"]) == 3
    assert api.get("events", {"delivery_success": False})["data"] == []


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"type": "a.b", "types": ["c.d"]}, "types"),
        ({"types": ["customer.*", "charge.succeeded"]}, "types"),
        ({"types": ["a.b"] * 21}, "types"),
        ({"delivery_success": "perhaps"}, "delivery_success"),
        ({"object": "cus_1"}, "object"),
    ],
)
def test_what_cannot_be_asked(api, params, param):
    assert api.get("events", params, status=400).error["param"] == param


def test_an_event_cannot_be_made_or_changed(api, customer):
    event_id = api.get("events")["data"][0]["id"]

    api.post("events", {"type": "customer.created"}, status=404)
    api.post(f"events/{event_id}", {"type": "customer.created"}, status=404)
    api.delete(f"events/{event_id}", status=404)


def test_what_was_rolled_back_was_never_told(api):
    api.post("customers", {"email": "no address"}, status=400)

    assert api.get("events")["data"] == []
