"""Reads of endpoints, of the current account, and of deliveries, of the current environment."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from apps.core import context
from apps.core.errors import not_found
from apps.events import queries as events
from apps.webhooks.domain import DeliveryStatus, EndpointStatus
from apps.webhooks.models import Delivery, WebhookEndpoint


def list_endpoints() -> QuerySet[WebhookEndpoint]:
    """Return the endpoints that are not deleted."""
    return WebhookEndpoint.objects.owned().filter(deleted_at=None)


def get_endpoint(endpoint_id: str, *, for_update: bool = False) -> WebhookEndpoint:
    """Return the endpoint.

    :raises NotFound: there is none with this id, or it is deleted.
    """
    rows = list_endpoints().select_for_update() if for_update else list_endpoints()
    endpoint = rows.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise not_found("webhook endpoint", endpoint_id)
    return endpoint


def list_receivers() -> QuerySet[WebhookEndpoint]:
    """Return the enabled endpoints of the current environment, whoever owns them."""
    return WebhookEndpoint.objects.filter(status=EndpointStatus.ENABLED, deleted_at=None)


def find_endpoints(ids: Iterable[str]) -> dict[str, WebhookEndpoint]:
    """Return endpoints of the current environment by id, whoever owns them, but no deleted ones."""
    return WebhookEndpoint.objects.filter(deleted_at=None).in_bulk(list(ids))


def count_pending(event_ids: Iterable[str]) -> Mapping[str, int]:
    """Return how many endpoints still wait for each event; one that none waits for is left out."""
    rows = _deliveries().filter(event_id__in=list(event_ids), status=DeliveryStatus.PENDING)
    return dict(rows.values_list("event_id").annotate(Count("id")))


def list_deliveries(*, event_id: str) -> QuerySet[Delivery]:
    """Return the deliveries of an event of the current environment, one for each endpoint."""
    return list_deliveries_of([event_id])


def list_deliveries_of(event_ids: Iterable[str]) -> QuerySet[Delivery]:
    """Return the deliveries of events of the current environment, in order."""
    return _deliveries().filter(event_id__in=list(event_ids)).order_by("id")


def count_failing(*, since: datetime) -> Mapping[str, int]:
    """Return how many deliveries of the current environment are in trouble.

    `retrying`: they failed and are tried again; `failed`: given up since the instant.
    """
    return _deliveries().aggregate(
        retrying=Count("id", filter=Q(status=DeliveryStatus.PENDING, attempts__gt=0)),
        failed=Count("id", filter=Q(status=DeliveryStatus.FAILED, created_at__gte=since)),
    )


def undelivered() -> QuerySet[Delivery, str]:
    """Return the ids of the events that an endpoint has not got: it waits, or was given up."""
    rows = _deliveries().exclude(status=DeliveryStatus.SUCCEEDED)
    return rows.values_list("event_id", flat=True)


def oldest_undelivered_age_s(*, now: datetime) -> float:
    """Return for how many seconds the oldest event that nobody has tried to deliver has waited.

    All environments count; 0 if every event has been tried.
    """
    untried = Delivery.objects.filter(
        status=DeliveryStatus.PENDING, attempts=0, due_at__lte=now
    ).order_by("created_at")
    waiting = [
        events.oldest_in_outbox_at(),
        untried.values_list("created_at", flat=True).first(),
    ]
    return max(((now - since).total_seconds() for since in waiting if since), default=0.0)


def _deliveries() -> QuerySet[Delivery]:
    return Delivery.objects.filter(environment_id=context.current().environment.id)
