"""Kinds of API keys, their names, and when one works. Pure."""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from enum import StrEnum

from apps.core.errors import Invalid

# The longest time that a rolled key and its successor both work.
OVERLAP_MAX = timedelta(days=7)
SECRET_LENGTH = 32


class KeyKind(StrEnum):
    """`secret`: everything. `publishable`: what a browser may do. `restricted`: what it lists."""

    SECRET = "secret"
    PUBLISHABLE = "publishable"
    RESTRICTED = "restricted"


class Role(StrEnum):
    """What a member may do in a tenant."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    DEVELOPER = "developer"
    ANALYST = "analyst"
    SUPPORT = "support"


class InvalidKeyLifetime(Invalid):
    """An expiry lies in the past, or an overlap is too long."""

    code = "invalid_key_lifetime"


PREFIXES = {
    KeyKind.SECRET: "sk",
    KeyKind.PUBLISHABLE: "pk",
    KeyKind.RESTRICTED: "rk",
}
_KEY = re.compile(r"(?:sk|pk|rk)_(?:test|live)_[0-9A-Za-z]{16,}")


def key_prefix(kind: KeyKind, *, livemode: bool) -> str:
    """Return the readable beginning of a key: `sk_test_`, `pk_live_`, …"""
    return f"{PREFIXES[kind]}_{'live' if livemode else 'test'}_"


def looks_like_key(text: str) -> bool:
    """Return whether `text` has the shape of a key. (A caller's mistake, or not even a try.)"""
    return _KEY.fullmatch(text) is not None


def key_digest(key: str, *, pepper: str) -> str:
    """Return the keyed hash that is stored: HMAC-SHA256 (RFC 2104), in hex, 64 characters.

    A key has 190 bits of entropy, so no slow password hash is needed; the pepper keeps a stolen
    table from being tested against.
    """
    return hmac.new(pepper.encode(), key.encode(), hashlib.sha256).hexdigest()


def is_working(
    *, now: datetime, expires_at: datetime | None, revoked_at: datetime | None
) -> bool:
    """Return whether a key works at `now`."""
    return revoked_at is None and (expires_at is None or now < expires_at)
