"""One create-and-confirm from inside, in a process of its own: its statements, its time by layer.

Usage: `python -m benchmarks.payments.inside KEY N`, with the environment of the installation. The
result is JSON: `{"statements": […], "layers": {"sql": ms, …}}`.
"""

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

PAYMENT = {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
# The number of the claimed key's row: one that is found again in the statements.
CLAIM_ID = 987_654_321
WARM_UP = 30


def main() -> None:
    """Print the result."""
    key, number = sys.argv[1], int(sys.argv[2])
    application = get_wsgi_application()

    def pay(name: str) -> None:
        _pay(application, key, name)

    for turn in range(WARM_UP):
        pay(f"warm-{turn}")
    shown = {"statements": capture(pay), "layers": measure(pay, number)}
    print(json.dumps(shown))


def capture(pay: Callable[[str], None]) -> list[list[str]]:
    """Return the statements of two payments, the second one with a claim of a known number.

    The two show what differs between payments. BEGIN, COMMIT and SET are among them.
    """
    payments = []
    for number in (CLAIM_ID - 1_000, CLAIM_ID):
        _next_claim(number)
        sent: list[str] = []
        with _heard(sent):
            pay(f"idem_{'0' * 12}{number:012d}")
        payments.append(sent)
    return payments


def _next_claim(number: int) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('public.api_idempotencykey', 'id'), %s, false)",
            [number],
        )


@contextmanager
def _heard(sent: list[str]) -> Iterator[None]:
    """Note every statement as it goes to the server, with its values in it."""

    def note(execute: Any, sql: Any, params: Any, many: bool, held: dict[str, Any]) -> Any:
        result = execute(sql, params, many, held)
        # What `psycopg` really sent: the statement with its values.
        sent.append(held["cursor"].cursor._query.query.decode())
        return result

    def commit(wrapper: BaseDatabaseWrapper) -> None:
        sent.append("COMMIT")
        original_commit(wrapper)

    def begin(wrapper: BaseDatabaseWrapper, autocommit: bool) -> None:
        if not autocommit:
            sent.append("BEGIN")
        original_begin(wrapper, autocommit)

    kind: Any = type(connections["default"])
    original_commit, original_begin = kind._commit, kind._set_autocommit
    kind._commit, kind._set_autocommit = commit, begin
    try:
        with connections["default"].execute_wrapper(note):
            yield
    finally:
        kind._commit, kind._set_autocommit = original_commit, original_begin


class Layers:
    """A stopwatch that is in one layer at a time; what it was in before goes on afterwards."""

    def __init__(self) -> None:
        self.total_s: dict[str, float] = {}
        self._stack: list[str] = []
        self._since = 0.0

    @contextmanager
    def inside(self, layer: str) -> Iterator[None]:
        """Count the time of the block as `layer`'s, less what is counted inside it."""
        self._switch()
        self._stack.append(layer)
        try:
            yield
        finally:
            self._switch()
            self._stack.pop()

    def wrap(self, holder: Any, name: str, layer: str) -> None:
        """Count every call of a function as `layer`'s."""
        original = getattr(holder, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.inside(layer):
                return original(*args, **kwargs)

        setattr(holder, name, timed)

    def _switch(self) -> None:
        now = time.perf_counter()
        if self._stack:
            here = self._stack[-1]
            self.total_s[here] = self.total_s.get(here, 0.0) + now - self._since
        self._since = now


def measure(pay: Callable[[str], None], number: int) -> dict[str, float]:
    """Return the mean milliseconds of a payment by layer."""
    from apps.api import card_numbers, idempotency, parsing, registry, rendering
    from apps.api.params import Shape
    from apps.api.views import WireView
    from apps.core import doorbell

    layers = Layers()
    layers.wrap(parsing, "parameters", "parsing")
    layers.wrap(Shape, "convert", "parsing")
    layers.wrap(card_numbers, "check_parameters", "parsing")
    layers.wrap(WireView, "perform_authentication", "authentication")
    layers.wrap(WireView, "check_permissions", "authentication")
    layers.wrap(idempotency, "fingerprint", "idempotency")
    layers.wrap(idempotency, "claim", "idempotency")
    layers.wrap(idempotency.Claim, "settle_now", "idempotency")
    layers.wrap(rendering, "to_bytes", "rendering")
    layers.wrap(registry, "render", "rendering")
    layers.wrap(WireView, "_run", "domain")
    layers.wrap(doorbell, "ring", "doorbell")
    # BEGIN goes out with the first statement of a transaction.
    layers.wrap(type(connections["default"]), "_commit", "sql")

    def statement(execute: Any, *args: Any) -> Any:
        with layers.inside("sql"):
            return execute(*args)

    with connections["default"].execute_wrapper(statement):
        for turn in range(number):
            with layers.inside("http"):
                pay(f"layers-{turn}")
    return {name: round(s * 1000 / number, 3) for name, s in sorted(layers.total_s.items())}


def _pay(application: Any, key: str, name: str) -> None:
    body = urlencode(PAYMENT).encode()
    statuses: list[str] = []
    answer = application(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/v1/payment_intents",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {key}",
            "HTTP_IDEMPOTENCY_KEY": name,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
        },
        lambda status, *_: statuses.append(status),
    )
    content = b"".join(answer)
    answer.close()
    if not statuses[0].startswith("200"):
        raise RuntimeError(content)


if __name__ == "__main__":
    main()
