"""What only a real server shows: chunked bodies, kept connections, large bodies."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.client import FORM
from tests.installation import Installation

pytestmark = pytest.mark.xdist_group("live")


@pytest.fixture
def connection(live: Installation) -> Iterator[http.client.HTTPConnection]:
    """Return a connection to the web process."""
    address = urlsplit(live.base_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    yield connection
    connection.close()


def send(
    connection: http.client.HTTPConnection,
    live: Installation,
    chunks: list[bytes],
    content_type: str = FORM,
) -> tuple[int, dict[str, Any]]:
    """POST a customer with a chunked body, as stripe-go does."""
    headers = {"Authorization": f"Bearer {live.secret_key}", "Content-Type": content_type}
    connection.request("POST", "/v1/customers", iter(chunks), headers, encode_chunked=True)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.parametrize(
    ("content_type", "chunks"),
    [
        (FORM, [b"na", b"me=Ada&metadata%5Bk%5D=v"]),
        ("application/json", [b'{"name": "Ada",', b' "metadata": {"k": "v"}}']),
    ],
)
def test_a_chunked_body_is_read(live, connection, content_type, chunks):
    for _ in range(2):  # the connection is kept, so nothing of the body may be left in it
        status, made = send(connection, live, chunks, content_type)

        assert status == 200, made
        assert (made["name"], made["metadata"]) == ("Ada", {"k": "v"})


def test_a_chunked_body_that_never_ends_is_refused(live, connection):
    status, answer = send(connection, live, [b"name=" + b"x" * 1_000_000] * 6)

    assert (status, answer["error"]["code"]) == (400, "request_too_large")


def test_a_chunked_body_counts_for_idempotency(live, connection):
    headers = {
        "Authorization": f"Bearer {live.secret_key}",
        "Content-Type": FORM,
        "Idempotency-Key": "chunked",
    }
    answers = []
    for name in (b"name=Ada", b"name=Ada", b"name=Bob"):
        connection.request("POST", "/v1/customers", iter([name]), headers, encode_chunked=True)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()))

    assert answers[0] == answers[1]
    assert answers[2][0] == 400
    assert b"idempotency_error" in answers[2][1]
