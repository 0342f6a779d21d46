"""No tenant reaches what is another's: every endpoint there is, read off the URL configuration.

A new endpoint is covered on the day it is added: its path parameters are filled with the ids of a
stranger's objects, and a list is asked to page from them. An endpoint whose parameter fits none of
them fails the test until a module of `tests.objects` makes one.
"""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from apps.api import registry
from apps.api.views import WireView
from apps.customers.models import Customer
from apps.identity.domain import RESOURCES, resource_of
from tests.client import Answer
from tests.objects import objects_of, required

pytestmark = pytest.mark.django_db
VERBS = ("GET", "POST", "DELETE")


def views(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, type[WireView]]]:
    """Yield path and view of everything under `/v1`."""
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, path)
            continue
        view = getattr(pattern.callback, "cls", None)
        if view is not None and issubclass(view, WireView) and path.startswith("v1/"):
            yield path, view


VIEWS = list(views(get_resolver().url_patterns))
ENDPOINTS = sorted({(verb, path) for path, view in VIEWS for verb in VERBS if verb in view.shapes})


def test_a_restricted_key_can_be_allowed_every_resource_there_is():
    assert {view.resource for _, view in VIEWS} == set(RESOURCES)


def test_an_object_is_allowed_alike_where_it_is_asked_for_expanded_or_on_a_trail():
    with_ids = {one.name for one in registry.resources() if one.prefix}
    views_by_object = [(view.returns, view.resource) for _, view in VIEWS]

    assert [
        (name, resource)
        for name, resource in views_by_object
        if name in with_ids and resource_of(name) != resource
    ] == []


@pytest.fixture
def theirs(other_environment, other_api) -> dict[str, str]:
    """Return the ids of another tenant's objects."""
    return objects_of(other_api)


def filled(path: str, ids: dict[str, str]) -> str | None:
    """Return `path` with its parameters filled; None if it has none."""
    parts = path.split("<")
    if len(parts) == 1:
        return None
    for part in parts[1:]:
        parameter = part.split(">")[0]
        name = parameter.split(":")[-1]
        assert name in ids, f"tests.objects makes nothing for <{name}> of {path}"
        path = path.replace(f"<{parameter}>", ids[name])
    return f"/{path}"


def is_refused(answer: Answer) -> bool:
    """Return whether the answer says that there is no such object, and nothing else."""
    return answer.status == 404 and answer.error.get("code") == "resource_missing"


@pytest.mark.parametrize(("verb", "path"), [one for one in ENDPOINTS if "<" in one[1]])
def test_another_tenants_objects_do_not_exist(verb, path, api, theirs):
    address = filled(path, theirs)
    assert address is not None
    answer = api.request(verb, address, required(verb, path, api), status=None)

    assert is_refused(answer), (verb, address, answer.status, dict(answer))
    assert not any(theirs_id in answer.body.decode() for theirs_id in others_of(address, theirs))


@pytest.mark.parametrize("path", [path for verb, path in ENDPOINTS if verb == "GET"])
def test_another_tenants_ids_are_no_cursors_and_filter_nothing(path, api, theirs):
    mine = objects_of(api)
    address = filled(path, mine) or f"/{path}"
    needed = required("GET", path, api)
    whole = api.get(address, needed)
    if whole.get("object") != "list":
        return
    for cursor in ("starting_after", "ending_before"):
        for theirs_id in theirs.values():
            answer = api.get(address, {**needed, cursor: theirs_id}, status=400)
            assert answer.error["code"] == "resource_missing", (address, cursor, theirs_id)
    assert not set(theirs.values()) & {row["id"] for row in whole["data"]}


@pytest.mark.parametrize(
    ("path", "parameter", "kind"),
    [
        ("payment_intents", "customer", "customer"),
        ("payment_intents", "payment_method", "payment_method"),
        ("payment_methods/pm_card_visa/attach", "customer", "customer"),
        ("setup_intents", "customer", "customer"),
        ("setup_intents", "payment_method", "payment_method"),
        ("refunds", "charge", "charge"),
        ("refunds", "payment_intent", "intent"),
    ],
)
def test_another_tenants_objects_cannot_be_used(path, parameter, kind, api, theirs):
    terms = {"amount": 100, "currency": "usd"} if path == "payment_intents" else {}

    error = api.post(path, {**terms, parameter: theirs[kind]}, status=400).error

    assert (error["code"], error["param"]) == ("resource_missing", parameter)


def test_an_id_of_another_tenant_is_never_expanded(api, theirs):
    # No door lets such an id in: it is written where a row of old may have it.
    customer = api.post("customers")
    Customer.objects.filter(pk=customer["id"]).update(
        default_payment_method_id=theirs["payment_method"]
    )

    shown = api.get(
        f"customers/{customer['id']}",
        {"expand": ["invoice_settings.default_payment_method"]},
    )

    assert shown["invoice_settings"]["default_payment_method"] == theirs["payment_method"]


def test_two_environments_of_one_tenant_do_not_meet(api, live_api):
    mine = live_api.post("customers", {"email": "live@example.com"})

    assert api.get(f"customers/{mine['id']}", status=404).error["code"] == "resource_missing"
    assert api.get("customers", {"email": "live@example.com"})["data"] == []
    cursor = api.get("customers", {"starting_after": mine["id"]}, status=400).error
    assert cursor["param"] == "starting_after"
    assert (mine["livemode"], api.post("customers")["livemode"]) == (True, False)


def others_of(address: str, ids: dict[str, str]) -> list[str]:
    """Return the ids that a refusal has no reason to know: all but those in the address."""
    return [one for one in ids.values() if one not in address]
