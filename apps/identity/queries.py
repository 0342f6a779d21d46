"""Reads of people and keys."""

import time
from datetime import datetime

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    CharField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from apps.identity import domain
from apps.identity.models import ApiKey, Membership, User
from apps.tenants import queries as tenants

# Keys that worked a moment ago, by digest and host, and until when they are believed. A revoked
# key stops working on every process within API_KEY_CACHE_S, at most five seconds.
_known: dict[tuple[str, str], tuple[float, ApiKey]] = {}
KNOWN_MAX = 10_000


def find_api_key(secret: str, *, host: str, now: datetime) -> ApiKey | None:
    """Return the working key that `secret` is, with its environment, tenant and plan; or None.

    One hash, and one query unless the key worked a moment ago in this process. Whatever is wrong
    with a key (unknown, expired, revoked, or sent to a `host` that is the domain of another
    environment), the steps are the same and take equally long.
    """
    digest = domain.key_digest(secret, pepper=settings.API_KEY_PEPPER)
    believed_until, key = _known.get((digest, host), (0.0, None))
    if key is not None and believed_until > time.monotonic():
        is_working = domain.is_working(now=now, expires_at=key.expires_at, revoked_at=None)
        return key if is_working else None
    key = _read_api_key(digest, host=host, now=now)
    if key is not None and settings.API_KEY_CACHE_S:
        if len(_known) >= KNOWN_MAX:
            _known.clear()
        _known[digest, host] = (time.monotonic() + settings.API_KEY_CACHE_S, key)
    return key


def _read_api_key(digest: str, *, host: str, now: datetime) -> ApiKey | None:
    other_host = tenants.list_domains(host=host).exclude(tenant=OuterRef("environment"))
    return (
        ApiKey.objects.select_related("environment__tenant__plan")
        .filter(
            ~Exists(other_host),
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            digest=digest,
            revoked_at__isnull=True,
        )
        .first()
    )


def list_api_keys(*, environment_id: str) -> QuerySet[ApiKey]:
    """Return the keys of an environment, newest first."""
    return ApiKey.objects.filter(environment=environment_id).order_by("-id")


def list_members(*, tenant_id: str) -> QuerySet[Membership]:
    """Return who belongs to a tenant, with their users, in the order of joining."""
    return Membership.objects.filter(tenant=tenant_id).select_related("user").order_by("pk")


def actor(field: str) -> Coalesce:
    """Return an expression for who acted, for people, to annotate rows: operators by their e-mail.

    :param field: the field of the annotated rows that says it: `operator:<id>`, `key:<id>`, ….
    """
    number = Func(OuterRef(field), Value(r"^operator:(\d{1,18})$"), function="substring")
    operator = User.objects.filter(pk=Cast(number, BigIntegerField())).values("email")
    return Coalesce(Subquery(operator), F(field), output_field=CharField())
