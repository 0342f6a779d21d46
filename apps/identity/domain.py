"""Kinds of API keys, their names, and when one works. Pure."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from apps.core.errors import Invalid

# The longest time that a rolled key and its successor both work.
OVERLAP_MAX = timedelta(days=7)
SECRET_LENGTH = 32


class KeyKind(StrEnum):
    """`secret`: everything. `publishable`: what a browser may do. `restricted`: what it lists."""

    SECRET = "secret"  # noqa: S105  # the name of a kind
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


class InvalidPermissions(Invalid):
    """The permissions of a restricted key are missing or malformed."""

    code = "invalid_permissions"


PREFIXES = {
    KeyKind.SECRET: "sk",
    KeyKind.PUBLISHABLE: "pk",
    KeyKind.RESTRICTED: "rk",
}
# What a restricted key may be allowed: the `resource` of every view. The views are in rooms above,
# so they are named here; a test compares the two.
RESOURCES = (
    "accounts",
    "balance",
    "balance_settings",
    "balance_transactions",
    "bank_accounts",
    "cards",
    "cash_balances",
    "charges",
    "customer_balance_transactions",
    "customer_cash_balance_transactions",
    "customers",
    "disputes",
    "events",
    "file_links",
    "files",
    "ledger_accounts",
    "ledger_entries",
    "ledger_exports",
    "ledger_periods",
    "ledger_reports",
    "ledger_seals",
    "ledger_transactions",
    "mandates",
    "payment_intents",
    "payment_methods",
    "payouts",
    "refunds",
    "setup_attempts",
    "setup_intents",
    "sources",
    "tax_ids",
    "test_helpers_scenarios",
    "tokens",
    "trail",
    "webhook_endpoints",
)
PERMISSIONS = frozenset(f"{name}:{verb}" for name in RESOURCES for verb in ("read", "write"))


def resource_of(object_name: str) -> str:
    """Return the resource by which keys are allowed an object: `charges` for `charge`."""
    if object_name in RESOURCES:
        return object_name
    words = object_name.replace(".", "_")
    return f"{words.removesuffix('y')}ies" if words.endswith("y") else f"{words}s"


def key_prefix(kind: KeyKind, *, livemode: bool) -> str:
    """Return the readable beginning of a key: `sk_test_`, `pk_live_`, …"""
    return f"{PREFIXES[kind]}_{'live' if livemode else 'test'}_"


def key_digest(key: str, *, pepper: str) -> str:
    """Return the keyed hash that is stored: HMAC-SHA256 (RFC 2104), in hex, 64 characters.

    A key has 190 bits of entropy, so no slow password hash is needed; the pepper keeps a stolen
    table from being tested against.
    """
    return hmac.new(pepper.encode(), key.encode(), hashlib.sha256).hexdigest()


def is_working(*, now: datetime, expires_at: datetime | None, revoked_at: datetime | None) -> bool:
    """Return whether a key works at `now`."""
    return revoked_at is None and (expires_at is None or now < expires_at)


def check_permissions(kind: KeyKind, permissions: Iterable[str]) -> list[str]:
    """Return the permissions of a new key, sorted, each once.

    :raises InvalidPermissions: a restricted key has none, another kind has some, or one is not of
        PERMISSIONS.
    """
    wanted = sorted(set(permissions))
    if (kind is KeyKind.RESTRICTED) != bool(wanted):
        raise InvalidPermissions("A restricted key lists what it may do; other keys do not.")
    for permission in wanted:
        if permission not in PERMISSIONS:
            raise InvalidPermissions(
                f"There is no permission {permission!r}: name one of {', '.join(RESOURCES)}, and "
                "read or write, as in 'customers:read'."
            )
    return wanted


def allows(permissions: Iterable[str], *, resource: str, is_write: bool) -> bool:
    """Return whether a restricted key may read or write `resource`. Who may write may read."""
    granted = {f"{resource}:write"} if is_write else {f"{resource}:read", f"{resource}:write"}
    return not granted.isdisjoint(permissions)


def check_expiry(
    expires_at: datetime | None, *, now: datetime, latest: datetime | None = None
) -> None:
    """Check the end of a key's life; None is no end.

    :param latest: when a rolled key ends: its successor was made to take its place by then.
    :raises InvalidKeyLifetime: it is not in the future, or after `latest`.
    """
    if expires_at is not None and expires_at <= now:
        raise InvalidKeyLifetime("A key expires in the future; to stop it now, revoke it.")
    if latest is not None and (expires_at is None or expires_at > latest):
        raise InvalidKeyLifetime("A rolled key may end sooner than its overlap, not later.")


def expiry_after_roll(
    expires_at: datetime | None, *, overlap: timedelta, now: datetime
) -> datetime:
    """Return when a rolled key ends: after the overlap, but not later than it would have anyway.

    :raises InvalidKeyLifetime: the overlap is negative or longer than `OVERLAP_MAX`.
    """
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise InvalidKeyLifetime(f"An overlap is between 0 and {OVERLAP_MAX.days} days.")
    end = now + overlap
    return end if expires_at is None else min(end, expires_at)
