"""Reads of tenants and environments."""

from django.db.models import QuerySet

from apps.tenants.domain import EnvironmentStatus
from apps.tenants.models import Domain, Environment


def list_environments() -> QuerySet[Environment]:
    """Return the environments in use, with their tenants and plans, oldest first."""
    return (
        Environment.objects.filter(status=EnvironmentStatus.ACTIVE)
        .select_related("tenant__plan")
        .order_by("created_at")
    )


def list_domains(*, host: str) -> QuerySet[Domain]:
    """Return the domain that `host` is, if it belongs to an environment."""
    return Domain.objects.filter(domain=host)
