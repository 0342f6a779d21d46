"""Whatever is sent is answered, in the wire's shape, and never by a failure of ours."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.api.params import ListOf, Param, Shape
from tests.client import FORM, ApiClient
from tests.objects import objects_of
from tests.test_isolation import ENDPOINTS, VIEWS, filled

pytestmark = pytest.mark.django_db
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=b"
OPERATIONS = json.loads(
    (Path(__file__).parents[1] / "wire" / "operations.json").read_text(encoding="utf-8")
)
# Wrong types, numbers that fit nothing, text that no column takes, ids of nothing.
NASTY: tuple[Any, ...] = (
    "", "0", "-1", "x" * 6_000, "9" * 30, "1e9", "٣", "NaN", "true", "\x00", "a\x00b", "\U0010ffff",
    "'; --", "%s", "pi_x", "cus_" + "0" * 300, "253402300799", "visa", [], ["x"], [{"a": "b"}],
    {"a": "b"}, {"0": "b"}, {"": "b"}, {"1" * 5_000: "b"}, {"a": {"b": {"c": "d"}}},
)  # fmt: skip
ROUNDS = 4


def send(api: ApiClient, method: str, path: str, body: str = "", **options):
    """Send a request as no library would; return the answer."""
    headers = {"Authorization": f"Bearer {api.key}", **options.pop("headers", {})}
    tenant = connection.tenant  # type: ignore[attr-defined]
    try:
        return Client(raise_request_exception=False).generic(
            method,
            path,
            body,
            content_type=options.pop("content_type", FORM),
            QUERY_STRING=options.pop("query", ""),
            headers=headers,
        )
    finally:
        connection.set_tenant(tenant)  # type: ignore[attr-defined]


def part(name: str, more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n1\r\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"name": "\\ud800"}', JSON),
        ('{"metadata": {"\\udfff": "x"}}', JSON),
        ('{"metadata":' * 900 + "1" + "}" * 900, JSON),
        ('{"name": ' + "9" * 5_000 + "}", JSON),
        ('{"name": NaN}', JSON),
        ("[]", JSON),
        ("metadata[" + "1" * 5_000 + "]=x", FORM),
        ("name=%ff", FORM),
        ("name=a&name[b]=c", FORM),
        ("a" + "[b]" * 20 + "=c", FORM),
        ("".join(part(f"a{number}") for number in range(1_200)) + "--b--\r\n", MULTIPART),
        ("".join(part(f"a{n}", '; filename="x"') for n in range(200)) + "--b--\r\n", MULTIPART),
        ("--b\r\n", "multipart/form-data"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(api, body, content_type):
    answer = send(api, "POST", "/v1/customers", body, content_type=content_type)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert api.get("customers")["data"] == []


def test_a_form_is_utf8_whatever_its_header_says(api):
    answer = send(
        api,
        "POST",
        "/v1/customers",
        part("name") + "--b--\r\n",
        content_type=f"{MULTIPART}; charset=hex",
    )

    assert answer.json()["name"] == "1"


@pytest.mark.parametrize("bound", ["created", "created[gt]", "created[lte]"])
@pytest.mark.parametrize("seconds", [253_402_300_798, 253_402_300_799, -1, 10**18])
def test_the_end_of_time_is_no_end_of_ours(api, bound, seconds):
    answer = send(api, "GET", "/v1/customers", query=f"{bound}={seconds}")

    assert answer.status_code == (200 if seconds == 253_402_300_798 else 400)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/customers/cus%00", "resource_missing"),
        ("/v1/customers/" + "x" * 3_000, "resource_missing"),
        ("/v1/customers/a%0Ab", "resource_missing"),
        ("/v1/customers/%ff", "resource_missing"),
        ("/v1/nothing%0Ahere", "url_invalid"),
        ("/v1/customers/", "url_invalid"),
    ],
)
def test_an_id_that_is_none_names_nothing(api, path, code):
    answer = send(api, "GET", path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_only_a_post_has_an_idempotency_key(api):
    customer = api.post("customers")

    deleted = api.delete(f"customers/{customer['id']}", idempotency_key="k" * 300)

    assert deleted["deleted"] is True


@pytest.mark.parametrize(("verb", "path"), ENDPOINTS)
def test_no_parameter_makes_the_api_fail(api, verb, path):
    """Four times, each parameter that there is is given something nasty."""
    chance = random.Random(f"{verb} {path}")  # the same story every time
    address = filled(path, objects_of(api)) or f"/{path}"
    operation = f"{verb} /{path}".replace("<str:", "{").replace(">", "}")
    known = OPERATIONS.get(operation, {}).get("params") or own_parameters(verb, path)
    names = [*(name for name, spec in known.items() if spec.get("in") != "path"), "no_such"]
    for _ in range(ROUNDS):
        for name in chance.sample(names, min(len(names), 12)):
            valid = {} if chance.random() < 0.5 else {"amount": "100", "currency": "usd"}
            params = {**valid, name: _nasty(known.get(name, {}), chance)}
            answer = api.request(verb, address, params, status=None, is_whole=False)
            assert answer.status < 500, (verb, path, params, dict(answer))


def own_parameters(verb: str, path: str) -> dict[str, Any]:
    """Return the parameters of an operation that the protocol does not have, as it has its own."""
    shape = dict(VIEWS)[path].shapes[verb]
    return {name: _spec(field) for name, field in shape.fields.items()}


def _spec(field: Param) -> dict[str, Any]:
    if isinstance(field, Shape):
        return {"fields": {name: _spec(inner) for name, inner in field.fields.items()}}
    if isinstance(field, ListOf):
        return {"type": "array", "items": _spec(field.item)}
    return {}


def _nasty(spec: dict[str, Any], chance: random.Random) -> Any:
    """Return something that a parameter may not be, or not inside of it."""
    fields = spec.get("fields")
    if fields and chance.random() < 0.7:
        name = chance.choice(list(fields))
        return {name: _nasty(fields[name], chance)}
    if spec.get("type") == "array" and chance.random() < 0.5:
        return [_nasty(spec.get("items", {}), chance)]
    return chance.choice(NASTY)
