"""Signatures as receivers check them, what an endpoint asks for, and when it is tried again."""

import json

import pytest
import standardwebhooks
import stripe

from apps.core import clock
from apps.webhooks import domain

BODY = json.dumps({"id": "evt_1", "object": "event", "name": "Zoë"}).encode()
OLD, NEW = ("whsec_" + letter * 32 for letter in "ab")
DELAYS_S = [5, 60, 300]


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_both_secrets_of_a_roll_are_accepted_by_the_official_library(secret):
    now = clock.to_unix(clock.now())
    signature = domain.wire_signature(BODY, secrets=[OLD, NEW], timestamp=now)

    assert stripe.Webhook.construct_event(BODY, signature, secret).id == "evt_1"


def test_another_body_or_secret_is_not_accepted():
    now = clock.to_unix(clock.now())
    signature = domain.wire_signature(BODY, secrets=[OLD], timestamp=now)

    for body, secret in [(BODY + b" ", OLD), (BODY, NEW)]:
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signature, secret)


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_standard_webhooks_accepts_the_headers(secret):
    now = clock.to_unix(clock.now())
    headers = domain.headers(BODY, secrets=[OLD, NEW], timestamp=now, message_id="evt_1")

    assert standardwebhooks.Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(BODY, {**headers, "webhook-id": "evt_2"})


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://127.0.0.1:8000/hooks?x=1",
        "https://[::1]/hooks",
        "HTTPS://example.com",
    ],
)
def test_a_url_that_can_be_called(url):
    domain.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hooks",
        "/hooks",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://",
        "https://:80/",
        "https://example.com:99999",
        "https://example.com:port",
        "https://exa mple.com",
        "https://example.com/\r\nX: y",
        "https://[::1",
    ],
)
def test_a_url_that_cannot(url):
    with pytest.raises(domain.InvalidUrl):
        domain.check_url(url)


def test_names_of_events_are_kept_once():
    names = ["charge.succeeded", "*", "charge.succeeded"]
    assert domain.check_event_types(names) == ["charge.succeeded", "*"]


@pytest.mark.parametrize(
    ("names", "param"),
    [
        ([], "enabled_events"),
        (["charge.exploded"], "enabled_events[0]"),
        (["charge.succeeded", "charge.*"], "enabled_events[1]"),
    ],
)
def test_a_name_of_no_event_is_refused_with_its_place(names, param):
    with pytest.raises(domain.InvalidEventTypes) as refusal:
        domain.check_event_types(names)
    assert refusal.value.param == param


@pytest.mark.parametrize(
    ("enabled", "event", "is_sent"),
    [
        (["*"], "charge.succeeded", True),
        (["charge.failed", "charge.succeeded"], "charge.succeeded", True),
        (["charge.failed"], "charge.succeeded", False),
    ],
)
def test_an_endpoint_is_sent_what_it_asks_for(enabled, event, is_sent):
    assert domain.asks_for(enabled, event) is is_sent


@pytest.mark.parametrize(
    ("status", "is_accepted"),
    [
        (200, True),
        (204, True),
        (299, True),
        (301, False),
        (199, False),
        (500, False),
        (None, False),
    ],
)
def test_what_counts_as_arrived(status, is_accepted):
    assert domain.is_accepted(status) is is_accepted


@pytest.mark.parametrize(("attempts", "delay_s"), [(1, 5), (2, 60), (3, 300), (4, None)])
def test_each_delay_follows_its_attempt_and_then_it_is_given_up(attempts, delay_s):
    assert domain.retry_after_s(attempts, delays_s=DELAYS_S, chance=0) == delay_s


def test_chance_stretches_a_delay_by_a_fifth_at_most():
    assert domain.retry_after_s(2, delays_s=DELAYS_S, chance=1) == pytest.approx(72)
