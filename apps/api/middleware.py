"""Every request: an id, its circumstances in the logs, a line at its end, a clean connection."""

import re
import time
from collections.abc import Callable

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse

from apps.core import card_numbers, ids

log = structlog.get_logger("fincloud.requests")

API_PREFIX = "/v1/"
ECHOED = ("Idempotency-Key", "Stripe-Version", "Stripe-Account")
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
QUIET = {"/healthz", "/readyz"}


class RequestLogMiddleware:
    """Give the request its id, log it once, echo the wire's headers, and leave `public` current."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        request_id = ids.new_id("req")
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        # A thread serves many tenants: what the last request left must not be seen by this one.
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["Request-Id"] = request_id
        if request.path.startswith(API_PREFIX):
            _echo(request, response)
        if request.path not in QUIET:
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                duration_ms=round((time.monotonic() - started) * 1000, 1),
            )
        structlog.contextvars.clear_contextvars()
        return response


def _echo(request: HttpRequest, response: HttpResponse) -> None:
    response.setdefault("Cache-Control", "no-store")
    for name in ECHOED:
        value = request.headers.get(name)
        if value and _PRINTABLE.fullmatch(value) and name not in response:
            response[name] = card_numbers.remove(value)
