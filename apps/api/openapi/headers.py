"""The headers that every operation takes and answers with."""

from drf_spectacular.utils import OpenApiParameter

from apps.api import versions
from apps.api.idempotency import KEY_LENGTH_MAX

_TAKEN = (
    OpenApiParameter(
        "Stripe-Version",
        {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$"},
        OpenApiParameter.HEADER,
        description=f"The version that the client was made for; the current one is "
        f"`{versions.CURRENT}`, and a newer one is refused.",
    ),
    OpenApiParameter(
        "Stripe-Account",
        str,
        OpenApiParameter.HEADER,
        description="The merchant account to act for; that of the key's environment unless given.",
    ),
)
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX},
    OpenApiParameter.HEADER,
    description="A key of the client's own. The same key with the same request has its effects "
    "once, and gets the same answer for at least 24 hours; with another request it is refused.",
)
_ANSWERED = OpenApiParameter(
    "Request-Id",
    str,
    OpenApiParameter.HEADER,
    description="Names the request, in the logs and in events.",
    response=True,
)
_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    description="The answer is the stored one of the first request with this key.",
    response=["200"],
)
_SHOULD_RETRY = OpenApiParameter(
    "Stripe-Should-Retry",
    {"type": "string", "enum": ["true", "false"]},
    OpenApiParameter.HEADER,
    description="Whether the same request may succeed if it is sent again.",
    response=["default"],
)


def of(method: str) -> list[OpenApiParameter]:
    """Return the headers of an operation, those of its answers too."""
    if method == "POST":
        return [*_TAKEN, _IDEMPOTENCY_KEY, _ANSWERED, _SHOULD_RETRY, _REPLAYED]
    return [*_TAKEN, _ANSWERED, _SHOULD_RETRY]
