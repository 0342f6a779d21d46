"""The description of the API: true, valid, whole, and the one that is kept in the repository."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema

from apps.api import openapi, registry
from devtools.openapi import PATH
from devtools.wire import read_source
from tests import wire_check
from tests.client import ApiClient
from tests.test_isolation import ENDPOINTS

Described = dict[str, Any]


@cache
def described() -> Described:
    whole: Described = json.loads(openapi.document())
    return whole


def operations() -> dict[str, Described]:
    """Return the operations, by `GET /v1/customers`."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in described()["paths"].items()
        for method, operation in methods.items()
    }


def resolved(value: Described) -> Described:
    """Return what `value` refers to, or itself."""
    if "$ref" not in value:
        return value
    found = described()
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def within(value: Any) -> Iterator[Described]:
    """Yield every object of the description."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from within(inner)


def parameters(operation: Described, *places: str) -> dict[str, Described]:
    """Return the parameters in `places` (`path`, `query`, `header`), by name."""
    found = map(resolved, operation.get("parameters", ()))
    return {one["name"]: one for one in found if one["in"] in places}


def test_the_repository_keeps_what_the_code_says():
    assert PATH.read_bytes() == openapi.document(), "It is stale: run `make openapi`."


def test_it_is_valid():
    validate_schema(described())


def test_every_reference_leads_somewhere():
    for value in within(described()):
        if isinstance(value.get("$ref"), str):
            assert resolved(value), value["$ref"]


def test_every_endpoint_is_described_and_nothing_else():
    there = {f"{verb} /" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) for verb, path in ENDPOINTS}

    assert set(operations()) == there


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for operation in operations().values()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", sorted(operations()))
def test_every_operation_says_what_it_does(name):
    operation = operations()[name]

    assert re.fullmatch(r"[A-Z][^.]+", operation.get("summary", ""))
    assert len(operation["summary"]) <= 100
    in_path = parameters(operation, "path")
    assert set(in_path) == set(re.findall(r"{(\w+)}", name))
    assert all(one["description"] for one in in_path.values())
    assert {"200", "default"} <= set(operation["responses"])
    assert operation["security"]
    is_post = name.startswith("POST")
    in_headers = parameters(operation, "header")
    assert ("Idempotency-Key" in in_headers) == is_post == ("requestBody" in operation)


def own_schemas() -> dict[str, Described]:
    """Return the schemas of FinCloud's own objects: those that the protocol does not have."""
    names = [one.name for one in registry.resources()]
    names += [one.name for one in registry.objects()]
    # The protocol names some objects that its description does not describe.
    returned = json.dumps([one["returns"] for one in read_source().values()])
    return {
        name: described()["components"]["schemas"][name]
        for name in names
        if wire_check.spec_of({"object": name}) is None and f'"{name}"' not in returned
    }


def test_our_own_objects_are_described_field_by_field():
    silent = [
        f"{name}.{field}"
        for name, schema in own_schemas().items()
        for field, about in schema["properties"].items()
        if field != "object" and "description" not in about
    ]
    assert silent == []
    assert [name for name, schema in own_schemas().items() if not schema.get("description")] == []


def test_our_own_operations_say_what_their_parameters_are():
    silent = [
        f"{name} {parameter}"
        for name, operation in operations().items()
        if answered_object(operation) in own_schemas()
        for parameter, about in {**parameters(operation, "query"), **body_of(operation)}.items()
        if not about.get("description")
    ]
    assert silent == []


def answered_object(operation: Described) -> str | None:
    """Return the `object` that an operation answers with, or lists."""
    content = operation["responses"]["200"]["content"].get("application/json", {})
    schema = content.get("schema", {})
    inner = schema.get("properties", {}).get("data", {}).get("items", schema)
    return inner.get("$ref", "").rpartition("/")[2] or None


def body_of(operation: Described) -> dict[str, Described]:
    """Return the parameters of the body, by name."""
    content = operation.get("requestBody", {}).get("content", {})
    schemas = {json.dumps(one["schema"]) for one in content.values()}
    assert len(schemas) <= 1, "As a form or as JSON, a body is the same."
    properties: dict[str, Described] = {}
    for schema in schemas:
        properties.update(resolved(json.loads(schema))["properties"])
    return properties


def test_parameters_are_described_as_they_are_checked():
    create = operations()["POST /v1/payment_intents"]
    body = resolved(create["requestBody"]["content"]["application/json"]["schema"])
    amount = body["properties"]["amount"]
    form = create["requestBody"]["content"]["application/x-www-form-urlencoded"]
    created = parameters(operations()["GET /v1/charges"], "query")["created"]

    assert create["requestBody"]["required"] is True
    assert body["required"] == ["amount", "currency"]
    assert body["additionalProperties"] is False
    assert (amount["type"], amount["minimum"], amount["maximum"]) == ("integer", 1, 999_999_999_999)
    assert body["properties"]["capture_method"]["enum"] == [
        "automatic",
        "automatic_async",
        "manual",
    ]
    assert body["properties"]["statement_descriptor"] == {
        "anyOf": [{"type": "string", "minLength": 1, "maxLength": 22}, {"enum": ["", None]}]
    }
    assert form["encoding"]["shipping"] == {"style": "deepObject", "explode": True}
    assert "amount" not in form["encoding"]
    assert (created["style"], created["explode"]) == ("deepObject", True)
    assert [kind["type"] for kind in created["schema"]["anyOf"]] == ["integer", "object"]


def test_lists_and_expansions_are_described():
    listed = operations()["GET /v1/refunds"]["responses"]["200"]["content"]["application/json"]
    refund = described()["components"]["schemas"]["refund"]

    assert listed["schema"]["properties"]["data"]["items"] == {
        "$ref": "#/components/schemas/refund"
    }
    assert {"$ref": "#/components/schemas/charge"} in refund["properties"]["charge"]["anyOf"]


@pytest.mark.django_db
def test_it_is_served_without_a_key_and_may_be_cached():
    answer = Client().get("/v1/openapi.json")

    assert (answer.status_code, answer.content) == (200, openapi.document())
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "public, max-age=300"
    again = Client().get("/v1/openapi.json", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
def test_other_verbs_find_nothing_there(api: ApiClient):
    assert api.post("openapi.json", status=404).error["code"] == "url_invalid"
    assert ApiClient(None).post("openapi.json", status=401).error["type"]


def test_objects_of_the_protocol_are_described_with_their_fields():
    schemas = described()["components"]["schemas"]
    for name in ("payment_intent", "charge", "customer", "dispute", "payout"):
        fields = wire_check.OBJECTS[name]["fields"]
        always = {field for field, about in fields.items() if about.get("always")}
        assert always
        assert always <= set(schemas[name]["required"]), name

    assert schemas["payment_intent"]["properties"]["latest_charge"]["anyOf"] == [
        {"type": "string"},
        {"$ref": "#/components/schemas/charge"},
        {"type": "null"},
    ]
    answer = operations()["GET /v1/customers/{customer}"]["responses"]["200"]
    named = answer["content"]["application/json"]["schema"]["anyOf"]
    assert [one["$ref"].rpartition("/")[2] for one in named] == ["customer", "deleted_customer"]
