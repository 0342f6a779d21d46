"""The error envelope. HTTP statuses are chosen here and nowhere else."""

import json
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from psycopg.errors import DeadlockDetected, LockNotAvailable
from rest_framework import exceptions

from apps.api import registry, versions
from apps.core import card_numbers, context
from apps.core.errors import Conflict, Declined, DomainError, Invalid, NotFound, Unavailable
from apps.core.models import Resource

log = structlog.get_logger(__name__)

INVALID = "invalid_request_error"
# The first class that fits decides: status, and the `type` of the wire.
STATUSES: tuple[tuple[type[Exception], int, str], ...] = (
    (Declined, 402, "card_error"),
    (NotFound, 404, INVALID),
    (Conflict, 409, INVALID),
    (Unavailable, 503, "api_error"),
    (Invalid, 400, INVALID),
    (DomainError, 400, INVALID),
)
API_STATUSES = {
    403: (INVALID, "permission_denied"),
    404: (INVALID, "url_invalid"),
    429: (INVALID, "rate_limit"),
}
# One text for every way in which a key can be wrong: which it was is nobody's business.
UNAUTHENTICATED = (
    "No valid API key was given. Send a key of this environment as a bearer token "
    "('Authorization: Bearer …') or as the user name of HTTP Basic authentication."
)


class IdempotencyMisuse(Invalid):
    """A key came again with another request."""


class KeyInUse(Conflict):
    """The first request with this key has not ended yet."""

    code = "idempotency_key_in_use"


def handle(error: Exception, _context: dict[str, Any]) -> HttpResponse:
    """Return the answer for whatever a view raised (Django REST framework's handler)."""
    if isinstance(error, DomainError):
        return answer(error)
    if isinstance(error, RequestDataTooBig):
        return answer(Invalid("The request body is too large.", code="request_too_large"))
    if isinstance(error, Http404):
        return envelope(404, INVALID, "There is nothing at this URL.", code="url_invalid")
    if isinstance(error, exceptions.APIException):
        return _api_exception(error)
    if isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
        log.warning("lock_timeout", reason=type(error.__cause__).__name__)
        return answer(
            Conflict(
                "Another request is working on the same object. Try again in a moment.",
                code="lock_timeout",
            )
        )
    log.error("request_failed", exc_info=error)
    return envelope(
        500,
        "api_error",
        "Something went wrong on our side. The Request-Id names this request in the logs.",
    )


def answer(error: DomainError) -> HttpResponse:
    """Return the answer for a refusal of the domain."""
    status, kind = _status_of(error)
    return envelope(
        status, kind, error.message, code=error.code, param=error.param, **error.details
    )


def body(error: DomainError) -> tuple[int, bytes]:
    """Return status and body of a refusal, as they are stored for a replay."""
    response = answer(error)
    return response.status_code, response.content


def envelope(status: int, kind: str, message: str, **fields: Any) -> HttpResponse:
    """Return an error in the wire's shape; fields without a value are left out.

    An object among the fields (the `payment_intent` of a decline) is shown as far as the caller may
    see it. A card number that was sent (in the address, say) is not repeated.
    """
    error: dict[str, Any] = {"message": card_numbers.remove(message), "type": kind}
    for name, value in fields.items():
        shown = registry.show(value) if isinstance(value, Resource) else value
        if isinstance(shown, str):
            shown = card_numbers.remove(shown)
        elif isinstance(shown, dict) and (here := context.maybe_current()) is not None:
            versions.show_in(here.api_version, shown)
        if shown is not None:
            error[name] = shown
    response = HttpResponse(
        json.dumps({"error": error}), status=status, content_type="application/json"
    )
    # A conflict passes by itself; every other refusal would be the same again.
    response["Stripe-Should-Retry"] = "true" if status in (409, 429) or status >= 500 else "false"
    return response


def _status_of(error: DomainError) -> tuple[int, str]:
    if isinstance(error, (IdempotencyMisuse, KeyInUse)):
        return (409 if isinstance(error, KeyInUse) else 400), "idempotency_error"
    return next((status, kind) for cls, status, kind in STATUSES if isinstance(error, cls))


def _api_exception(error: exceptions.APIException) -> HttpResponse:
    status = error.status_code
    if isinstance(error, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        response = envelope(401, INVALID, UNAUTHENTICATED)
        response["WWW-Authenticate"] = 'Bearer realm="FinCloud"'
        return response
    kind, code = API_STATUSES.get(status, (INVALID, None))
    if isinstance(error, exceptions.PermissionDenied):
        code = str(error.get_codes())  # what is missing: a secret key, a permission, an account
    return envelope(status, kind, str(error.detail), code=code)
