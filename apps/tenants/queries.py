"""Reads of tenants and environments."""

from django.db.models import QuerySet

from apps.core import context
from apps.tenants.domain import EnvironmentStatus
from apps.tenants.models import Domain, Environment, Plan


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


def current_plan() -> Plan:
    """Return the hosting plan of the current environment; no query where the key was just read."""
    environment = context.current().environment
    assert isinstance(environment, Environment)
    assert environment.tenant is not None
    return environment.tenant.plan
