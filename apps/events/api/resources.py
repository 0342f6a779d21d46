"""How an event looks on the wire."""

from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.events import queries
from apps.events.models import Event


def render_event(event: Event) -> Wire:
    """Return the wire's event. Its object is the snapshot, in the version it was taken in."""
    told: Wire = {"object": event.data}
    if event.previous_attributes is not None:
        told["previous_attributes"] = event.previous_attributes
    return {
        "id": event.id,
        "object": "event",
        "api_version": event.api_version,
        "created": to_unix(event.created_at),
        "data": told,
        "livemode": context.current().environment.livemode,
        "pending_webhooks": event.pending_webhooks,
        "request": {
            "id": event.request_id or None,
            "idempotency_key": event.idempotency_key or None,
        },
        "type": event.type,
    }


EVENT = ResourceType(
    prefix="evt",
    name="event",
    model=Event,
    render=render_event,
    find_many=queries.find_owned_events,
)
