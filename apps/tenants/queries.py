"""Reads of tenants and environments."""

from collections import Counter

from django.db.models import Count, QuerySet

from apps.core import context
from apps.core.errors import not_found
from apps.tenants.domain import EnvironmentStatus
from apps.tenants.models import Domain, Environment, Plan, Tenant


def find_tenant(*, slug: str) -> Tenant | None:
    """Return the tenant with this short name."""
    return Tenant.objects.filter(slug=slug).first()


def list_environments(*, tenant_id: str | None = None) -> QuerySet[Environment]:
    """Return the environments in use (of a tenant), with tenants and plans, oldest first."""
    found = Environment.objects.filter(status=EnvironmentStatus.ACTIVE)
    if tenant_id is not None:
        found = found.filter(tenant=tenant_id)
    return found.select_related("tenant__plan").order_by("created_at", "-kind", "id")


def count_tenants() -> int:
    """Return how many businesses are hosted here."""
    return Tenant.objects.count()


def count_environments() -> Counter[str]:
    """Return how many environments there are of each kind, and how many schemas are `pooled`."""
    rows = Environment.objects.values_list("kind", "status").annotate(Count("id"))
    return Counter({kind or status: count for kind, status, count in rows})


def list_domains(*, host: str) -> QuerySet[Domain]:
    """Return the domain that `host` is, if it belongs to an environment."""
    return Domain.objects.filter(domain=host)


def current_plan() -> Plan:
    """Return the hosting plan of the current environment; no query where the key was just read."""
    environment = context.current().environment
    assert isinstance(environment, Environment)
    assert environment.tenant is not None
    plan: Plan = environment.tenant.plan
    return plan


def get_plan(*, name: str) -> Plan:
    """Return the hosting plan with this name.

    :raises NotFound: there is none.
    """
    plan = Plan.objects.filter(name=name).first()
    if plan is None:
        raise not_found("plan", name, param="plan")
    return plan
