"""What is out of scope says so: a clear 400, never 404 and never 500."""

import re

import pytest

from apps.api import wire
from devtools.wire import read_source
from tests.client import ApiClient

pytestmark = pytest.mark.django_db

OPERATIONS = [name.split(" ", 1) for name in read_source()]
LEFT_OUT = [(verb, f"/v1/{'/'.join(path)}") for verb, path, _ in wire.out_of_scope()]


def filled(path: str) -> str:
    """Return `path` with ids that name nothing."""
    return re.sub(r"{\w+}", "none_000000000000000000000000", path)


def test_an_operation_that_is_out_of_scope_says_why(api):
    answers = {
        (verb, path): api.request(verb, filled(path), status=400).error for verb, path in LEFT_OUT
    }

    assert len(answers) > 150
    for (verb, path), error in answers.items():
        assert (error["type"], error["code"]) == ("invalid_request_error", "operation_unsupported")
        assert error["message"].startswith(f"{verb} {path} is not supported. ")
    assert "Subscriptions" in answers["POST", "/v1/coupons"]["message"]
    assert "Connected accounts" in answers["POST", "/v1/accounts"]["message"]


@pytest.mark.parametrize(
    "path", ["issuing/cards", "terminal/readers/tmr_1", "confirmation_tokens/c"]
)
def test_a_product_that_is_not_there_says_so_whatever_is_asked_of_it(api, path):
    assert api.get(path, status=400).error["code"] == "operation_unsupported"


def test_no_operation_of_the_wire_is_an_unknown_url(api):
    codes = {
        (verb, path): api.request(verb, filled(path), status=None) for verb, path in OPERATIONS
    }

    assert {
        operation
        for operation, answer in codes.items()
        if answer.status >= 500 or answer.get("error", {}).get("code") == "url_invalid"
    } == set()


def test_what_the_wire_does_not_know_is_not_found(api):
    for verb, path in (("GET", "nothing"), ("POST", "coupons/a/b/c"), ("DELETE", "charges/ch_1")):
        assert api.request(verb, path, status=404).error["code"] == "url_invalid"


def test_only_a_key_is_told():
    assert ApiClient(None).get("coupons", status=401).error.get("code") is None
