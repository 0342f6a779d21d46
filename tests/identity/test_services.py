"""Keys and people, in the database."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from apps.core.errors import Conflict, DomainError, NotFound
from apps.identity import queries, services
from apps.identity.domain import InvalidKeyLifetime, KeyKind, Role
from apps.identity.models import ApiKey
from apps.tenants.models import Domain
from tests import factories
from tests.races import at_once

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def works(secret: str, *, at: datetime = NOW, host: str = "testserver") -> bool:
    return queries.find_api_key(secret, host=host, now=at) is not None


def roll(key: ApiKey, overlap: timedelta = HOUR) -> services.NewKey:
    return services.roll_api_key(key_id=key.pk, overlap=overlap, by="operator:1", now=NOW)


def test_only_the_hash_and_the_last_four_are_kept(environment):
    made = factories.make_key(environment)

    stored = ApiKey.objects.values().get(pk=made.key.pk)
    assert made.secret not in str(stored)
    assert made.secret[8:-4] not in str(stored)
    assert stored["last4"] == made.secret[-4:]
    assert works(made.secret)


def test_a_key_that_expires_in_the_past_is_not_made(environment):
    with pytest.raises(InvalidKeyLifetime):
        services.create_api_key(
            environment=environment, kind=KeyKind.SECRET, by="system", now=NOW, expires_at=NOW
        )


def test_a_rolled_key_works_for_the_overlap(environment):
    old = factories.make_key(environment)

    new = roll(old.key, HOUR)

    assert works(new.secret)
    assert works(old.secret, at=NOW + HOUR - timedelta(seconds=1))
    assert not works(old.secret, at=NOW + HOUR)


def test_a_rolled_restricted_key_keeps_its_permissions(environment):
    old = factories.make_key(environment, KeyKind.RESTRICTED, "customers:read")

    new = roll(old.key)

    assert new.key.permissions == ["customers:read"]
    assert new.secret.startswith("rk_test_")


def test_a_key_is_rolled_once(environment):
    old = factories.make_key(environment)
    roll(old.key)

    with pytest.raises(Conflict, match="rolled already"):
        roll(old.key)


def test_a_key_rolled_twice_at_once_has_one_successor(committed_environment):
    old = factories.make_key(committed_environment)
    before = ApiKey.objects.filter(environment=committed_environment.id).count()

    results = at_once(*[partial(roll, old.key)] * 5)

    refused = [result.code for result in results if isinstance(result, DomainError)]
    assert refused == ["api_key_rolled"] * 4
    assert ApiKey.objects.filter(environment=committed_environment.id).count() == before + 1


def test_a_revoked_key_does_not_work_and_cannot_come_back(environment):
    made = factories.make_key(environment)

    services.revoke_api_key(key_id=made.key.pk, now=NOW)
    services.revoke_api_key(key_id=made.key.pk, now=NOW + HOUR)

    assert ApiKey.objects.get(pk=made.key.pk).revoked_at == NOW
    assert not works(made.secret)
    with pytest.raises(services.KeyGone):
        roll(made.key)
    with pytest.raises(services.KeyGone):
        services.expire_api_key(key_id=made.key.pk, expires_at=NOW + HOUR, now=NOW)


def test_a_key_expires_when_it_is_told_to(environment):
    made = factories.make_key(environment)

    services.expire_api_key(key_id=made.key.pk, expires_at=NOW + HOUR, now=NOW)

    assert works(made.secret)
    assert not works(made.secret, at=NOW + HOUR)


def test_an_unknown_key_is_not_found(environment):
    with pytest.raises(NotFound):
        services.revoke_api_key(key_id="key_nothing", now=NOW)


def test_a_key_is_refused_at_the_host_of_another_environment(environment, other_environment):
    Domain.objects.create(domain="pay.acme.test", tenant_id=environment.id)
    Domain.objects.create(domain="pay.books.test", tenant_id=other_environment.id)
    made = factories.make_key(environment)

    assert works(made.secret, host="pay.acme.test")
    assert not works(made.secret, host="pay.books.test")


@pytest.mark.parametrize("what", ["working", "unknown", "expired", "revoked", "empty"])
def test_looking_a_key_up_is_one_query_whatever_it_is(environment, django_assert_num_queries, what):
    made = factories.make_key(environment)
    changed = {"expired": {"expires_at": NOW}, "revoked": {"revoked_at": NOW}}
    ApiKey.objects.filter(pk=made.key.pk).update(**changed.get(what, {"name": what}))
    secret = {"unknown": made.secret[:-1] + "?", "empty": ""}.get(what, made.secret)

    with django_assert_num_queries(1):
        key = queries.find_api_key(secret, host="testserver", now=NOW)
        if key is not None:
            assert str(key.environment.tenant) == "Aster Press"

    assert (key is not None) == (what == "working")


def test_a_rolled_key_may_end_sooner_than_its_overlap_and_not_later(environment):
    old = factories.make_key(environment)
    roll(old.key, 2 * HOUR)

    with pytest.raises(InvalidKeyLifetime):
        services.expire_api_key(key_id=old.key.pk, expires_at=NOW + 3 * HOUR, now=NOW)
    assert works(old.secret, at=NOW + HOUR)
    services.expire_api_key(key_id=old.key.pk, expires_at=NOW + HOUR, now=NOW)
    assert not works(old.secret, at=NOW + HOUR)


def test_the_use_of_a_key_is_noted_once_a_minute(environment, django_assert_num_queries):
    made = factories.make_key(environment)
    services.note_use(made.key, now=NOW)
    key = ApiKey.objects.get(pk=made.key.pk)
    assert key.last_used_at == NOW

    with django_assert_num_queries(0):
        services.note_use(key, now=NOW + timedelta(seconds=59))
    services.note_use(key, now=NOW + timedelta(seconds=60))

    key.refresh_from_db()
    assert key.last_used_at == NOW + timedelta(seconds=60)


def test_an_email_address_has_one_user_whatever_its_capitals(db):
    services.create_user(email="Ada@Acme.test", password=None)

    with pytest.raises(services.EmailTaken):
        services.create_user(email="ada@acme.TEST", password=None)


def test_a_weak_password_is_refused(db):
    with pytest.raises(services.WeakPassword):
        services.create_user(email="ada@acme.test", password="password1234")


def test_a_member_has_one_role_in_a_tenant(environment):
    user = services.create_user(email="ada@acme.test", password=None)
    tenant_id = environment.tenant_id

    services.add_member(user=user, tenant_id=tenant_id, role=Role.ANALYST, now=NOW)
    services.add_member(user=user, tenant_id=tenant_id, role=Role.DEVELOPER, now=NOW)

    (membership,) = queries.list_members(tenant_id=tenant_id)
    assert (membership.user, membership.role) == (user, "developer")
