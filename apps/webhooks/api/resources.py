"""How a webhook endpoint looks on the wire."""

from collections.abc import Iterable

from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.webhooks import queries
from apps.webhooks.models import WebhookEndpoint


def render_endpoint(endpoint: WebhookEndpoint) -> Wire:
    """Return the wire's endpoint, or what is left to say of a deleted one.

    The secret is shown on the instance that was just made, and never again.
    """
    if endpoint.deleted_at is not None:
        return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}
    shown: Wire = {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version or None,
        "application": None,
        "created": to_unix(endpoint.created_at),
        "description": endpoint.description or None,
        "enabled_events": endpoint.enabled_events,
        "livemode": context.current().environment.livemode,
        "metadata": endpoint.metadata,
        "status": endpoint.status,
        "url": endpoint.url,
    }
    if endpoint.shows_secret:
        shown["secret"] = endpoint.secret
    return shown


def _find(ids: Iterable[str]) -> dict[str, WebhookEndpoint]:
    return queries.list_endpoints().in_bulk(list(ids))


ENDPOINT = ResourceType(
    prefix="we",
    name="webhook_endpoint",
    model=WebhookEndpoint,
    render=render_endpoint,
    find_many=_find,
)
