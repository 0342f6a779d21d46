"""What a request leaves in the logs: who, where, how long; and nothing secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from structlog.stdlib import ProcessorFormatter

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Return what is logged from now on, as it would be written to standard error."""
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(next(one for one in formatters if isinstance(one, ProcessorFormatter)))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_a_request_is_logged_once_with_its_circumstances(api, environment, logged):
    made = api.post("customers", {"name": "Ada"})

    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["request_id"] == made.headers["Request-Id"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/v1/customers", 200)
    assert (line["environment"], line["tenant"]) == (environment.id, environment.tenant_id)
    assert line["by"].startswith("key:key_")
    assert line["duration_ms"] > 0


def test_nothing_secret_is_logged(api, opened, logged):
    number = "4000056655665556"
    api.post("payment_methods", {"type": "card", "card": {"number": number, "cvc": "987"}})
    api.get(f"customers/{number}", status=400)
    api.get(f"customers/{opened.sandbox.secret_key}", status=404)
    api.key = opened.sandbox.secret_key + "x"
    api.get("customers", status=401)

    text = logged.getvalue()
    assert number not in text
    assert opened.sandbox.secret_key not in text
    assert '"status": 401' in text
