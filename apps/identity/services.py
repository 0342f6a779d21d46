"""People and keys: made, rolled, expired, revoked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection

from apps.api import versions
from apps.core import context
from apps.core.context import Hosted
from apps.core.errors import Conflict, Invalid, not_found
from apps.core.ids import new_id, random_text
from apps.core.use_cases import use_case
from apps.identity import domain
from apps.identity.domain import KeyKind, Role
from apps.identity.models import ApiKey, AuditEntry, Membership, User

USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the one moment when its secret is known."""

    key: ApiKey
    secret: str


class KeyRolled(Conflict):
    """The key has a successor already."""

    code = "api_key_rolled"


class KeyGone(Invalid):
    """The key does not work any more, so nothing can follow it."""

    code = "api_key_expired"


class EmailTaken(Invalid):
    """A user with this e-mail address exists."""

    code = "email_taken"


class InvalidEmail(Invalid):
    """What was given is no e-mail address."""

    code = "email_invalid"


class WeakPassword(Invalid):
    """The password does not satisfy the rules."""

    code = "weak_password"


def create_api_key(
    *,
    environment: Hosted,
    kind: KeyKind,
    by: str,
    now: datetime,
    name: str = "",
    permissions: Iterable[str] = (),
    expires_at: datetime | None = None,
    api_version: str = versions.CURRENT,
) -> NewKey:
    """Make a key of `environment`. The secret is in the answer and nowhere else.

    :param api_version: what requests with it speak that name no version. It stays when the API
        goes on.
    :raises InvalidVersion: there is no such version.
    :raises InvalidKeyLifetime: `expires_at` is not in the future.
    :raises InvalidPermissions: see `domain.check_permissions`.
    """
    domain.check_expiry(expires_at, now=now)
    versions.check(api_version or None)
    prefix = domain.key_prefix(kind, livemode=environment.livemode)
    secret = prefix + random_text(domain.SECRET_LENGTH)
    key = ApiKey.objects.create(
        id=new_id("key"),
        environment_id=environment.id,
        kind=kind.value,
        name=name,
        digest=domain.key_digest(secret, pepper=settings.API_KEY_PEPPER),
        prefix=prefix,
        last4=secret[-4:],
        permissions=domain.check_permissions(kind, permissions),
        api_version=api_version,
        created_at=now,
        created_by=by,
        expires_at=expires_at,
    )
    return NewKey(key=key, secret=secret)


@use_case
def roll_api_key(*, key_id: str, overlap: timedelta, by: str, now: datetime) -> NewKey:
    """Make the successor of a key; the old one works on for `overlap`.

    With none it ends as one that is revoked: see `revoke_api_key`.

    :raises NotFound: there is no such key.
    :raises KeyRolled: it was rolled before; of two calls at once, one gets this.
    :raises KeyGone: it was revoked or has expired.
    :raises InvalidKeyLifetime: the overlap is negative or longer than `OVERLAP_MAX`.
    """
    old = _lock_key(key_id)
    if old.rolled_to_id is not None:
        raise KeyRolled(f"The key {old} was rolled already.")
    if not domain.is_working(now=now, expires_at=old.expires_at, revoked_at=old.revoked_at):
        raise KeyGone(f"The key {old} does not work any more; make a new one.")
    new = create_api_key(
        environment=old.environment,
        kind=KeyKind(old.kind),
        by=by,
        now=now,
        name=old.name,
        permissions=old.permissions,
        api_version=old.api_version,
    )
    ApiKey.objects.filter(pk=old.pk).update(
        rolled_to=new.key,
        expires_at=domain.expiry_after_roll(old.expires_at, overlap=overlap, now=now),
    )
    return new


@use_case
def expire_api_key(*, key_id: str, expires_at: datetime, now: datetime) -> ApiKey:
    """Let a key work until `expires_at` and no longer.

    :raises NotFound: there is no such key.
    :raises KeyGone: it does not work any more; an expiry cannot bring it back.
    :raises InvalidKeyLifetime: `expires_at` is not in the future (revoke the key instead), or a
        rolled key would outlive its overlap.
    """
    key = _lock_key(key_id)
    if not domain.is_working(now=now, expires_at=key.expires_at, revoked_at=key.revoked_at):
        raise KeyGone(f"The key {key} does not work any more.")
    overlap_ends_at = key.expires_at if key.rolled_to_id is not None else None
    domain.check_expiry(expires_at, now=now, latest=overlap_ends_at)
    key.expires_at = expires_at
    key.save(update_fields=["expires_at"])
    return key


@use_case
def revoke_api_key(*, key_id: str, now: datetime) -> ApiKey:
    """Stop a key. A process that has just seen it work believes it for API_KEY_CACHE_S more.

    A second time changes nothing.

    :raises NotFound: there is no such key.
    """
    key = _lock_key(key_id)
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
    return key


def note_use(key: ApiKey, *, now: datetime) -> None:
    """Remember that `key` was used, to the minute: a write for every request would be a hot row."""
    if key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        key.last_used_at = now  # the same row may be asked about again within seconds


def create_user(
    *, email: str, password: str | None, name: str = "", is_operator: bool = False
) -> User:
    """Make a person; without a password no one can sign in as them. Operators may use the admin.

    :raises InvalidEmail: the address is none.
    :raises EmailTaken: there is one with this address.
    :raises WeakPassword: the password does not satisfy the rules.
    """
    try:
        User._meta.get_field("email").run_validators(email)
    except ValidationError as error:
        raise InvalidEmail(f"{email!r} is no e-mail address.", param="email") from error
    if find_user(email) is not None:
        raise EmailTaken(f"{email} has a user already.", param="email")
    if password is not None:
        try:
            validate_password(password, User(email=email, name=name))
        except ValidationError as error:
            raise WeakPassword(" ".join(error.messages), param="password") from error
    return User.objects.create_user(
        email, password, name=name, is_staff=is_operator, is_superuser=is_operator
    )


def find_user(email: str) -> User | None:
    """Return the user with this e-mail address; capitals do not matter."""
    return User.objects.filter(email=User.objects.normalize_email(email).lower()).first()


def add_member(*, user: User, tenant_id: str, role: Role, now: datetime) -> Membership:
    """Give `user` a role in a tenant, or another one than before."""
    membership, _ = Membership.objects.update_or_create(
        user=user,
        tenant_id=tenant_id,
        defaults={"role": role.value},
        create_defaults={"role": role.value, "created_at": now},
    )
    return membership


def _lock_key(key_id: str) -> ApiKey:
    key = (
        ApiKey.objects.select_for_update(of=("self",))
        .select_related("environment")
        .filter(pk=key_id)
        .first()
    )
    if key is None:
        raise not_found("API key", key_id)
    return key


def record_audit(
    action: str,
    *,
    object_id: str = "",
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """Write on the audit trail who changed what, and why, in the transaction of the change.

    Who and where are those of the current context.

    :param action: `<room>.<object>.<what>`, as in `ledger.period.reopened`.
    :param before: what was, and `after`: what is now; no secrets.
    """
    assert connection.in_atomic_block, "The trail is written with what it tells of."
    here = context.current()
    return AuditEntry.objects.create(
        id=new_id("aud"),
        at=now,
        by=here.by,
        environment_id=here.environment.id,
        action=action,
        object_id=object_id,
        reason=reason,
        before=before or {},
        after=after or {},
        request_id=here.request_id or "",
    )
