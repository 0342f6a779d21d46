"""Canonical JSON: one text for one value, so that its hash is the value's hash."""

import json
from datetime import UTC, datetime
from typing import Any, Final

_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def to_bytes(value: Any) -> bytes:
    """Return `value` as JSON: keys sorted by code point, no white space, UTF-8 without escapes.

    (Escaped is what JSON cannot have in a string: the quote, the backslash, control characters.)
    """
    return _ENCODER.encode(value).encode()


def instant_text(instant: datetime) -> str:
    """Return an instant in UTC with microseconds: `2030-01-31T12:00:00.000000Z`."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
