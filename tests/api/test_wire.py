"""How `/v1` is spoken: bodies, keys, headers, errors, lists, metadata, expansion."""

import base64
import json

import pytest
from django.test import Client

from tests.client import FORM

pytestmark = pytest.mark.django_db


@pytest.fixture
def http() -> Client:
    """Return a bare client."""
    return Client(raise_request_exception=False)


@pytest.fixture
def bearer(environment, opened) -> dict[str, str]:
    """Return the header of the environment's secret key."""
    return {"Authorization": f"Bearer {opened.sandbox.secret_key}"}


def test_forms_and_json_say_the_same(http, bearer):
    form = http.generic(
        "POST",
        "/v1/customers",
        "address%5Bcity%5D=Rome&preferred_locales[]=it&preferred_locales[1]=en&metadata[7]=x",
        content_type=FORM,
        headers=bearer,
    )
    spoken = http.post(
        "/v1/customers",
        json.dumps(
            {
                "address": {"city": "Rome"},
                "preferred_locales": ["it", "en"],
                "metadata": {"7": "x"},
            }
        ),
        content_type="application/json",
        headers=bearer,
    )

    same = ("address", "preferred_locales", "metadata")
    first, second = form.json(), spoken.json()
    assert {name: first[name] for name in same} == {name: second[name] for name in same}
    assert first["preferred_locales"] == ["it", "en"]
    assert first["metadata"] == {"7": "x"}


def test_parameters_of_a_delete_come_in_the_query_or_the_body(http, bearer, api):
    for body, query in (("", "expand[]=test_clock"), ("expand[]=test_clock", "")):
        made = api.post("customers")
        answer = http.generic(
            "DELETE",
            f"/v1/customers/{made['id']}",
            body,
            content_type=FORM,
            query_string=query,
            headers=bearer,
        )
        assert answer.json() == {"id": made["id"], "object": "customer", "deleted": True}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", "{"),
        ("application/json", "[1]"),
        ("application/json", "[" * 10_000),
        (FORM, b"name=\xff\xfe"),
        (FORM, "name=%ff"),
        (FORM, "a[b=c"),
        (FORM, "name=x&name[y]=z"),
        (FORM, "a" + "[b]" * 30 + "=c"),
        (FORM, "&".join(f"f{n}=1" for n in range(6_000))),
        (FORM, "name=a%00b"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(http, bearer, api, content_type, body):
    answer = http.generic("POST", "/v1/customers", body, content_type=content_type, headers=bearer)

    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert api.get("customers")["data"] == []


def test_a_body_that_is_too_large_is_refused(http, bearer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    answer = http.generic(
        "POST", "/v1/customers", f"name={'x' * 2_000}", content_type=FORM, headers=bearer
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "request_too_large")


def test_basic_and_bearer_are_the_same(http, opened, environment):
    key = opened.sandbox.secret_key
    basic = base64.b64encode(f"{key}:".encode()).decode()

    for header in (f"Bearer {key}", f"Basic {basic}", f"bearer {key}"):
        answer = http.get("/v1/customers", headers={"Authorization": header})
        assert answer.status_code == 200


def test_the_headers_of_an_answer(http, bearer, environment):
    sent = {
        **bearer,
        "Idempotency-Key": "k-7",
        "Stripe-Version": "2026-10-28.endive",
        "Stripe-Account": environment.account_id,
        "X-Stripe-Client-Telemetry": "{}",
    }
    answer = http.generic("POST", "/v1/customers", "", content_type=FORM, headers=sent)

    assert answer.status_code == 200
    assert answer["Request-Id"].startswith("req_")
    for name in ("Idempotency-Key", "Stripe-Version", "Stripe-Account"):
        assert answer[name] == sent[name]
    assert "Stripe-Notice" not in answer


@pytest.mark.parametrize("version", ["yesterday", "2026-13", "2099-01-01", "2026-10-28.ENDIVE"])
def test_a_malformed_version_is_refused(http, bearer, version):
    answer = http.get("/v1/customers", headers={**bearer, "Stripe-Version": version})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == f"Invalid Stripe API version: {version}"


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/customers/cus_x/nothing", 404),
        ("DELETE", "/v1/payment_intents", 404),
        ("GET", "/v1/customers/cus_missing", 404),
        ("GET", "/v1", 404),
    ],
)
def test_what_is_not_there_is_said_in_the_wires_shape(http, bearer, verb, path, status):
    answer = http.generic(verb, path, headers=bearer)

    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer["Stripe-Should-Retry"] == "false"
    assert http.generic(verb, path).status_code == 401


def test_an_error_names_the_path_of_the_parameter(api):
    for params, path in (
        ({"invoice_settings": {"nope": 1}}, "invoice_settings[nope]"),
        ({"preferred_locales": [{"x": 1}]}, "preferred_locales[0]"),
        ({"metadata": {"k" * 41: "v"}}, f"metadata[{'k' * 41}]"),
        ({"metadata": {"k": "v" * 501}}, "metadata[k]"),
        ({"email": "nobody"}, "email"),
        ({"expand": ["name"]}, "expand"),
    ):
        assert api.post("customers", params, status=400).error["param"] == path


def test_metadata_merges(api):
    made = api.post("customers", {"metadata": {"a": "1", "b": "2"}})
    path = f"customers/{made['id']}"

    assert api.post(path, {"metadata": {"b": "", "c": "3"}})["metadata"] == {"a": "1", "c": "3"}
    assert api.post(path, {"name": "x"})["metadata"] == {"a": "1", "c": "3"}
    fifty = {f"k{n}": "v" for n in range(50)}
    assert api.post(path, {"metadata": fifty}, status=400).error["param"] == "metadata"
    assert api.post(path, {"metadata": ""})["metadata"] == {}


def test_an_empty_text_unsets_and_absence_leaves(api):
    made = api.post("customers", {"name": "Ada", "email": "a@example.com"})

    changed = api.post(f"customers/{made['id']}", {"name": ""})

    assert (changed["name"], changed["email"]) == (None, "a@example.com")


def test_lists_page_both_ways(api):
    ids = [api.post("customers", {"name": str(n)})["id"] for n in range(5)][::-1]

    def page(**params: object) -> tuple[list[str], bool]:
        shown = api.get("customers", params)
        assert (shown["object"], shown["url"]) == ("list", "/v1/customers")
        return [row["id"] for row in shown["data"]], shown["has_more"]

    assert page() == (ids, False)
    assert page(limit=2) == (ids[:2], True)
    assert page(limit=0) == (ids[:1], True)
    assert page(limit=101) == (ids, False)
    assert page(limit=2, starting_after=ids[1]) == (ids[2:4], True)
    assert page(limit=2, starting_after=ids[2]) == (ids[3:], False)
    assert page(limit=2, ending_before=ids[4]) == (ids[2:4], True)
    assert page(ending_before=ids[2]) == (ids[:2], False)
    both = {"starting_after": ids[0], "ending_before": ids[4]}
    assert api.get("customers", both, status=400).error["type"] == "invalid_request_error"
    unknown = api.get("customers", {"starting_after": "cus_no"}, status=400).error
    assert (unknown["code"], unknown["param"]) == ("resource_missing", "starting_after")


def test_lists_filter_by_the_time_of_creation(api):
    made = api.post("customers")
    at = made["created"]

    def found(**bounds: int) -> bool:
        return bool(api.get("customers", {"created": bounds})["data"])

    assert found(gte=at, lte=at)
    assert not found(gt=at)
    assert not found(lt=at)
    assert bool(api.get("customers", {"created": at})["data"])
    assert api.get("customers", {"created": {"gte": "x"}}, status=400).error["param"] == (
        "created[gte]"
    )


def test_expansion_stops_at_four_levels(api):
    error = api.get("customers", {"expand": ["data.a.b.c.d.e"]}, status=400).error

    assert error["param"] == "expand"


def test_a_customer_is_retrieved_updated_and_deleted(api):
    made = api.post("customers", {"name": "Ada", "address": {"city": "Rome"}})
    path = f"customers/{made['id']}"
    assert api.get(path) == made

    assert api.post(path, {"shipping": {"name": "A", "address": {"line1": "x"}}})["shipping"]
    assert api.delete(path)["deleted"] is True
    assert api.get(path) == {"id": made["id"], "object": "customer", "deleted": True}
    assert api.get("customers")["data"] == []
    assert api.delete(path, status=404).error["code"] == "resource_missing"
    assert api.post(path, {"name": "B"}, status=404).error["code"] == "resource_missing"


def test_a_page_of_another_origin_may_call_with_a_publishable_key(api, http, opened):
    intent = api.post("payment_intents", {"amount": 100, "currency": "usd"})
    path = f"/v1/payment_intents/{intent['id']}/confirm"
    origin = {"Origin": "https://shop.example"}

    asked = http.options(
        path,
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        },
    )
    paid = http.generic(
        "POST",
        path,
        f"client_secret={intent['client_secret']}&payment_method=pm_card_visa",
        content_type=FORM,
        headers={**origin, "Authorization": f"Bearer {opened.sandbox.publishable_key}"},
    )

    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (200, "*")
    assert "idempotency-key" in asked["Access-Control-Allow-Headers"]
    assert (paid.status_code, paid.json()["status"]) == (200, "succeeded")
    assert paid["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in paid
    assert "Access-Control-Allow-Origin" not in http.get("/admin/login/", headers=origin)
