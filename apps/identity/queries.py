"""Reads of people and keys."""

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.identity import domain
from apps.identity.models import ApiKey, Membership
from apps.tenants import queries as tenants


def find_api_key(secret: str, *, host: str, now: datetime) -> ApiKey | None:
    """Return the working key that `secret` is, with its environment, tenant and plan; or None.

    Always one hash and one query, whatever is wrong with the key: unknown, expired, revoked, or
    sent to a `host` that is the domain of another environment. All of them take equally long.
    """
    other_host = tenants.list_domains(host=host).exclude(tenant=OuterRef("environment"))
    return (
        ApiKey.objects.select_related("environment__tenant__plan")
        .filter(
            ~Exists(other_host),
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            digest=domain.key_digest(secret, pepper=settings.API_KEY_PEPPER),
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
