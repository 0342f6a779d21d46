"""What the admin's templates show: the switch of environments, and the trail of an object."""

from typing import Any

from django import template
from django.http import QueryDict
from django.template import RequestContext
from django.urls import reverse

from apps.backoffice import trail
from apps.core.context import Hosted, maybe_current
from apps.tenants import queries as tenants

register = template.Library()

# More than these are found in the list of environments.
SWITCH_MAX = 12


@register.simple_tag
def chosen_environment() -> Hosted | None:
    """Return the environment that the operator works in."""
    here = maybe_current()
    return None if here is None else here.environment


@register.simple_tag
def environments() -> list[Any]:
    """Return the environments that can be chosen, as many as a menu holds."""
    return list(tenants.list_environments().order_by("tenant__name", "-kind", "id")[:SWITCH_MAX])


@register.filter
def own_name(environment: Any) -> str:
    """Return the name of an environment if it says more than its kind does."""
    name = str(environment.name)
    return "" if name.lower() == environment.kind else name


@register.simple_tag(takes_context=True)
def shared_url(context: RequestContext) -> str:
    """Return the address of this page with its environment: it works for every operator."""
    here = maybe_current()
    request = context["request"]
    query = QueryDict(request.META.get("QUERY_STRING", ""), mutable=True)
    if here is not None:
        query["environment"] = here.environment.id
    return f"{request.path}?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def switch_url(context: RequestContext) -> str:
    """Return where a switch of environments leads: a page of an object is left, others stay."""
    request = context["request"]
    here = request.resolver_match
    is_of_all = here is not None and not here.kwargs
    return str(request.path) if is_of_all else reverse("admin:index")


@register.inclusion_tag("backoffice/trail.html")
def trail_of(object_id: str, account_id: str) -> dict[str, Any]:
    """Show the trail of an object."""
    return {"trail": trail.of(object_id, account_id=account_id)}


@register.filter
def trail_url(instance: Any) -> str | None:
    """Return the page of an object's trail, if it is an object that has one."""
    return trail.url_of_id(str(instance.pk))
