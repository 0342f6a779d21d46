"""`/v1/webhook_endpoints`."""

import pytest

from apps.core import clock
from apps.events.models import Event
from apps.webhooks import services
from apps.webhooks.domain import EVERYTHING
from apps.webhooks.models import Delivery, WebhookEndpoint
from tests.client import ApiClient
from tests.webhooks.conftest import make_customer

GIVEN = {"url": "https://example.com/hooks", "enabled_events": ["charge.succeeded"]}


@pytest.fixture
def endpoint(api):
    """An endpoint, as it was shown when it was made."""
    return api.post("webhook_endpoints", {**GIVEN, "metadata": {"team": "a"}})


def test_the_secret_is_shown_when_it_is_made_and_never_again(api, endpoint):
    assert endpoint["secret"].startswith("whsec_")
    path = f"webhook_endpoints/{endpoint['id']}"
    without = {name: value for name, value in endpoint.items() if name != "secret"}

    assert api.get(path) == without
    assert api.post(path, {}) == without
    assert api.get("webhook_endpoints")["data"] == [without]


def test_an_endpoint_is_made_enabled_with_what_was_given(api):
    shown = api.post(
        "webhook_endpoints",
        {
            "url": "http://127.0.0.1:9000/x",
            "enabled_events": [EVERYTHING],
            "description": "ours",
            "api_version": "2026-07-29.dahlia",
            "connect": False,
        },
    )

    assert (shown["status"], shown["enabled_events"]) == ("enabled", ["*"])
    assert (shown["description"], shown["api_version"]) == ("ours", "2026-07-29.dahlia")
    assert shown["application"] is None


def test_two_endpoints_have_two_secrets(api):
    first, second = (api.post("webhook_endpoints", GIVEN) for _ in range(2))
    assert first["secret"] != second["secret"]


def test_the_same_request_again_gets_the_same_answer(api):
    first, again = (api.post("webhook_endpoints", GIVEN, idempotency_key="one") for _ in range(2))

    assert again.body == first.body
    assert WebhookEndpoint.objects.count() == 1


def test_what_is_given_is_changed_and_the_rest_stays(api, endpoint):
    path = f"webhook_endpoints/{endpoint['id']}"
    changed = api.post(
        path,
        {"disabled": True, "enabled_events": ["*"], "metadata": {"size": "L", "team": ""}},
    )

    assert (changed["status"], changed["enabled_events"]) == ("disabled", ["*"])
    assert changed["metadata"] == {"size": "L"}
    assert changed["url"] == endpoint["url"]
    assert api.post(path, {"disabled": False})["status"] == "enabled"


def test_a_description_can_be_taken_away(api, endpoint):
    path = f"webhook_endpoints/{endpoint['id']}"
    api.post(path, {"description": "ours"})
    assert api.post(path, {"description": ""})["description"] is None


def test_a_deleted_endpoint_is_gone(api, endpoint):
    path = f"webhook_endpoints/{endpoint['id']}"
    answer = api.delete(path)

    assert answer == {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
    assert api.get("webhook_endpoints")["data"] == []
    for refusal in (api.get(path, status=404), api.post(path, {}, status=404)):
        assert refusal.error["code"] == "resource_missing"
    api.delete(path, status=404)


def test_an_endpoint_is_its_environments_own(api, other_api, live_api, endpoint):
    path = f"webhook_endpoints/{endpoint['id']}"
    for stranger in (other_api, live_api):
        stranger.get(path, status=404)
        stranger.post(path, {"url": "https://example.com/theirs"}, status=404)
        stranger.delete(path, status=404)
        assert stranger.get("webhook_endpoints")["data"] == []
    assert api.get(path)["url"] == endpoint["url"]


def test_a_publishable_key_may_not(opened, environment):
    browser = ApiClient(opened.sandbox.publishable_key)
    browser.get("webhook_endpoints", status=403)
    browser.post("webhook_endpoints", GIVEN, status=403)


@pytest.mark.parametrize(
    ("wrong", "param", "code"),
    [
        ({"url": None}, "url", None),
        ({"url": "example.com"}, "url", "url_invalid"),
        ({"url": "ftp://example.com"}, "url", "url_invalid"),
        ({"enabled_events": ["charge.exploded"]}, "enabled_events[0]", None),
        ({"api_version": "soon"}, "api_version", None),
        ({"connect": True}, "connect", None),
        ({"secret": "whsec_mine"}, "secret", "parameter_unknown"),
    ],
)
def test_what_an_endpoint_cannot_be(api, wrong, param, code):
    error = api.post("webhook_endpoints", {**GIVEN, **wrong}, status=400).error

    assert error["param"] == param
    assert code is None or error["code"] == code
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("missing", ["url", "enabled_events"])
def test_what_an_endpoint_needs(api, missing):
    given = {name: value for name, value in GIVEN.items() if name != missing}
    error = api.post("webhook_endpoints", given, status=400).error

    assert (error["param"], error["code"]) == (missing, "parameter_missing")


def test_a_wrong_change_changes_nothing(api, endpoint):
    path = f"webhook_endpoints/{endpoint['id']}"
    api.post(path, {"description": "new", "url": "nowhere"}, status=400)
    assert api.get(path)["description"] is None


def test_events_are_listed_by_whether_they_were_delivered(api, environment):
    services.create_endpoint(
        given={"url": "http://127.0.0.1:1/", "enabled_events": ["*"]}, now=clock.now()
    )
    arrived, waiting = make_customer(), make_customer()
    services.fan_out(now=clock.now())
    Delivery.objects.filter(event_id=Event.objects.get(object_id=arrived.id).id).update(
        status="succeeded"
    )

    def listed(is_delivered):
        found = api.get("events", {"delivery_success": is_delivered})["data"]
        return [event["data"]["object"]["id"] for event in found]

    assert listed(True) == [arrived.id]
    assert listed(False) == [waiting.id]
