"""Keys: their names, their lives, and what restricted ones may do."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.identity import domain
from apps.identity.domain import InvalidKeyLifetime, InvalidPermissions, KeyKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "livemode", "prefix"),
    [
        (KeyKind.SECRET, False, "sk_test_"),
        (KeyKind.SECRET, True, "sk_live_"),
        (KeyKind.PUBLISHABLE, False, "pk_test_"),
        (KeyKind.RESTRICTED, True, "rk_live_"),
    ],
)
def test_the_prefix_says_what_a_key_is(kind, livemode, prefix):
    assert domain.key_prefix(kind, livemode=livemode) == prefix


def test_a_digest_depends_on_the_pepper():
    digest = domain.key_digest("sk_test_1", pepper="a")

    assert digest == domain.key_digest("sk_test_1", pepper="a")
    assert digest != domain.key_digest("sk_test_1", pepper="b")
    assert "sk_test_1" not in digest


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "works"),
    [
        (None, None, True),
        (NOW + DAY, None, True),
        (NOW, None, False),
        (NOW - DAY, None, False),
        (None, NOW, False),
        (NOW + DAY, NOW, False),
    ],
)
def test_a_key_works_until_it_expires_or_is_revoked(expires_at, revoked_at, works):
    assert domain.is_working(now=NOW, expires_at=expires_at, revoked_at=revoked_at) is works


@pytest.mark.parametrize(
    ("before", "overlap", "after"),
    [
        (None, timedelta(0), NOW),
        (None, DAY, NOW + DAY),
        (NOW + timedelta(hours=1), DAY, NOW + timedelta(hours=1)),
        (NOW + 2 * DAY, DAY, NOW + DAY),
    ],
)
def test_a_rolled_key_ends_after_the_overlap_and_never_later_than_before(before, overlap, after):
    assert domain.expiry_after_roll(before, overlap=overlap, now=NOW) == after


@pytest.mark.parametrize("overlap", [-DAY, domain.OVERLAP_MAX + timedelta(seconds=1)])
def test_an_overlap_has_limits(overlap):
    with pytest.raises(InvalidKeyLifetime):
        domain.expiry_after_roll(None, overlap=overlap, now=NOW)


@pytest.mark.parametrize(
    ("kind", "permissions"),
    [
        (KeyKind.RESTRICTED, []),
        (KeyKind.SECRET, ["customers:read"]),
        (KeyKind.RESTRICTED, ["customers"]),
        (KeyKind.RESTRICTED, ["customers:admin"]),
        (KeyKind.RESTRICTED, ["custmers:read"]),
        (KeyKind.RESTRICTED, ["Customers:read"]),
    ],
)
def test_permissions_are_for_restricted_keys_and_well_formed(kind, permissions):
    with pytest.raises(InvalidPermissions):
        domain.check_permissions(kind, permissions)


def test_permissions_are_kept_sorted_and_once():
    given = ["refunds:write", "customers:read", "refunds:write"]

    kept = domain.check_permissions(KeyKind.RESTRICTED, given)

    assert kept == ["customers:read", "refunds:write"]


@pytest.mark.parametrize(
    ("resource", "is_write", "allowed"),
    [
        ("customers", False, True),
        ("customers", True, False),
        ("refunds", False, True),
        ("refunds", True, True),
        ("charges", False, False),
    ],
)
def test_who_may_write_may_read(resource, is_write, allowed):
    permissions = ["customers:read", "refunds:write"]

    assert domain.allows(permissions, resource=resource, is_write=is_write) is allowed


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("balance", "balance"),
        ("charge", "charges"),
        ("ledger.entry", "ledger_entries"),
        ("ledger.transaction", "ledger_transactions"),
    ],
)
def test_an_object_is_allowed_by_its_resource(name, resource):
    assert domain.resource_of(name) == resource
