"""Older versions: chosen by header, by key, by endpoint; shown as they were."""

import json

import pytest

from apps.api import versions
from apps.core import clock
from apps.identity import services as identity
from apps.identity.domain import KeyKind
from tests.client import ApiClient
from tests.webhooks.conftest import client, deliver, make_endpoint, receiver  # noqa: F401

pytestmark = pytest.mark.django_db

OLD = "2022-08-01"
FIRST_NEW = "2022-11-15"
IN_OLD = {"headers": {"Stripe-Version": OLD}, "is_whole": False}
PAYMENT = {"amount": 1_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}


@pytest.fixture
def paid(api):
    """Return a payment that was declined once and refunded in part."""
    intent = api.post(
        "payment_intents", {**PAYMENT, "payment_method": "pm_card_visa_chargeDeclined"}, status=402
    ).error["payment_intent"]
    paid = api.post(f"payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"})
    api.post("refunds", {"payment_intent": paid["id"], "amount": 100})
    return paid


def statuses(shown):
    return [charge["status"] for charge in shown["charges"]["data"]]


def test_an_older_version_shows_the_charges_of_a_payment(api, paid):
    shown = api.get(f"payment_intents/{paid['id']}", **IN_OLD)

    assert statuses(shown) == ["succeeded", "failed"]
    charges = shown["charges"]
    assert (charges["object"], charges["has_more"], charges["total_count"]) == ("list", False, 2)
    assert charges["url"] == f"/v1/charges?payment_intent={paid['id']}"
    assert charges["data"][0]["refunds"]["data"][0]["amount"] == 100
    assert charges["data"][1]["refunds"]["data"] == []
    assert shown["latest_charge"] == charges["data"][0]["id"]
    assert shown.headers["Stripe-Version"] == OLD


def test_a_version_since_then_does_not(api, paid):
    for version in (FIRST_NEW, "2024-06-20", versions.CURRENT):
        shown = api.get(f"payment_intents/{paid['id']}", headers={"Stripe-Version": version})
        assert "charges" not in shown


def test_all_objects_of_an_answer_take_one_query_for_each_kind_of_list(
    api, paid, django_assert_max_num_queries
):
    api.post("payment_intents", PAYMENT)
    with django_assert_max_num_queries(20) as captured:
        shown = api.get("payment_intents", **IN_OLD)

    assert [len(one["charges"]["data"]) for one in shown["data"]] == [1, 2]
    for table in ("payments_charge", "payments_refund"):
        asked = [query for query in captured if f'FROM "{table}"' in query["sql"]]
        assert len(asked) == 1, asked


def test_what_is_in_an_old_list_can_be_expanded(api, paid):
    expand = {"expand": ["data.charges.data.balance_transaction", "data.charges.data.refunds"]}
    shown = api.get("payment_intents", expand, **IN_OLD)["data"][0]
    assert shown["charges"]["data"][0]["balance_transaction"]["object"] == "balance_transaction"
    assert statuses(shown) == ["succeeded", "failed"]

    error = api.get("payment_intents", expand, status=400).error
    assert error["code"] == "property_not_expandable"


def test_what_was_expanded_is_shown_in_the_older_version_too(api, paid):
    charge = api.get(f"charges/{paid['latest_charge']}", {"expand": ["payment_intent"]}, **IN_OLD)

    assert statuses(charge["payment_intent"]) == ["succeeded", "failed"]
    assert len(charge["refunds"]["data"]) == 1


def test_an_error_shows_its_payment_in_the_older_version(api):
    declined = {**PAYMENT, "payment_method": "pm_card_visa_chargeDeclined"}
    intent = api.post("payment_intents", declined, status=402, **IN_OLD).error["payment_intent"]

    assert statuses(intent) == ["failed"]


def test_a_replay_has_the_version_of_the_first_request(api):
    first = api.post("payment_intents", PAYMENT, idempotency_key="k", **IN_OLD)
    again = api.post("payment_intents", PAYMENT, idempotency_key="k", is_whole=False)

    assert statuses(first) == ["succeeded"]
    assert (again.headers["Idempotent-Replayed"], again.body) == ("true", first.body)


def test_a_browser_sees_no_charges_in_any_version(api, publishable_api):
    made = api.post("payment_intents", PAYMENT)
    shown = publishable_api.get(
        f"payment_intents/{made['id']}", {"client_secret": made["client_secret"]}, **IN_OLD
    )

    assert shown["status"] == "succeeded"
    assert "charges" not in shown


def key_of(environment, **given) -> ApiClient:
    new = identity.create_api_key(
        environment=environment, kind=KeyKind.SECRET, by="test", now=clock.now(), **given
    )
    return ApiClient(new.secret)


def test_a_key_has_a_version_that_the_header_overrides(environment, paid):
    old = key_of(environment, api_version=OLD)
    path = f"payment_intents/{paid['id']}"

    assert statuses(old.get(path, is_whole=False)) == ["succeeded", "failed"]
    assert "charges" not in old.get(path, headers={"Stripe-Version": versions.CURRENT})
    assert "charges" not in key_of(environment).get(path)


def test_a_new_key_is_pinned_and_its_successor_speaks_the_same(environment):
    new = identity.create_api_key(
        environment=environment, kind=KeyKind.SECRET, by="test", now=clock.now()
    )
    assert new.key.api_version == versions.CURRENT

    with pytest.raises(versions.InvalidVersion):
        key_of(environment, api_version="yesterday")


def test_a_version_that_is_none_is_refused_before_anything_runs(api):
    for version in ("yesterday", "2999-01-01", "2022-11-15.", "2022-11-15 "):
        error = api.post(
            "customers", {"name": "Ada"}, status=400, headers={"Stripe-Version": version}
        ).error
        assert error["message"] == f"Invalid Stripe API version: {version}"
    assert api.get("customers")["data"] == []


def test_an_event_is_shown_in_the_version_of_who_asks(api, paid):
    told = api.get("events", {"type": "payment_intent.succeeded"}, **IN_OLD)["data"][0]
    assert told["api_version"] == OLD
    assert statuses(told["data"]["object"]) == ["succeeded", "failed"]

    told = api.get("events", {"type": "payment_intent.succeeded"})["data"][0]
    assert told["api_version"] == versions.CURRENT
    assert "charges" not in told["data"]["object"]


def test_an_endpoint_is_told_in_its_version(environment, api, receiver, deliver):  # noqa: F811
    for version in (OLD, ""):
        make_endpoint(receiver, api_version=version, enabled_events=["payment_intent.succeeded"])
    api.post("payment_intents", PAYMENT)
    deliver()

    told = {event["api_version"]: event for event in map(body_of, receiver.received)}
    assert told.keys() == {OLD, versions.CURRENT}
    assert statuses(told[OLD]["data"]["object"]) == ["succeeded"]
    assert "charges" not in told[versions.CURRENT]["data"]["object"]


def body_of(received):
    return json.loads(received.body)


def test_nothing_is_walked_for_a_version_that_no_change_is_about():
    shown = {"object": "payment_intent", "charges": "as it was"}
    for version in ("", FIRST_NEW, versions.CURRENT):
        versions.show_in(version, shown)

    assert shown == {"object": "payment_intent", "charges": "as it was"}


def test_changes_are_listed_from_the_newest_to_the_oldest():
    dates = [change.before for change in versions.CHANGES]

    assert dates == sorted(dates, reverse=True)
    assert all(change.about for change in versions.CHANGES)
