"""Endpoints: made, changed, deleted."""

from datetime import datetime
from typing import Any

from apps.api import versions
from apps.api.params import merge_metadata
from apps.core import context, ids
from apps.core.errors import Invalid
from apps.core.use_cases import use_case
from apps.webhooks import domain, queries
from apps.webhooks.domain import DeliveryStatus, EndpointStatus
from apps.webhooks.models import Delivery, WebhookEndpoint


@use_case
def create_endpoint(*, given: dict[str, Any], now: datetime) -> WebhookEndpoint:
    """Make an endpoint, enabled, with a secret of its own, which this instance alone shows.

    :param given: fields by name, as `apps.webhooks.api.views.CREATE` parses them.
    :raises Invalid: the URL, an event's name or the version is not one, or it asks for the events
        of connected accounts.
    """
    if given.get("connect"):
        raise Invalid("Events of connected accounts are not sent yet.", param="connect")
    version = given.get("api_version", "")
    try:
        versions.check(version or None)
    except versions.InvalidVersion as error:
        error.param = "api_version"
        raise
    endpoint = WebhookEndpoint(
        id=ids.new_id("we"),
        account_id=context.current().account_id,
        created_at=now,
        api_version=version,
        secret=domain.SECRET_PREFIX + ids.random_text(domain.SECRET_LENGTH),
    )
    _apply(endpoint, given)
    endpoint.save(force_insert=True)
    endpoint.shows_secret = True
    return endpoint


@use_case
def update_endpoint(*, endpoint_id: str, given: dict[str, Any]) -> WebhookEndpoint:
    """Change what is given; the rest stays.

    :raises NotFound: there is no such endpoint.
    :raises Invalid: as for `create_endpoint`.
    """
    endpoint = queries.get_endpoint(endpoint_id, for_update=True)
    _apply(endpoint, given)
    endpoint.save()
    return endpoint


@use_case
def delete_endpoint(*, endpoint_id: str, now: datetime) -> WebhookEndpoint:
    """Delete the endpoint and its secret; what it has not got yet is given up.

    The row stays, so that its deliveries can still be looked at.

    :raises NotFound: there is no such endpoint.
    """
    endpoint = queries.get_endpoint(endpoint_id, for_update=True)
    endpoint.status = EndpointStatus.DISABLED
    endpoint.secret = ""
    endpoint.deleted_at = now
    endpoint.save(update_fields=["status", "secret", "deleted_at"])
    Delivery.objects.filter(
        environment_id=context.current().environment.id,
        endpoint_id=endpoint.id,
        status=DeliveryStatus.PENDING,
    ).update(status=DeliveryStatus.FAILED, last_error=domain.ENDPOINT_DELETED)
    return endpoint


def _apply(endpoint: WebhookEndpoint, given: dict[str, Any]) -> None:
    """Put what is given into the endpoint."""
    if "url" in given:
        domain.check_url(given["url"])
        endpoint.url = given["url"]
    if "enabled_events" in given:
        endpoint.enabled_events = domain.check_event_types(given["enabled_events"])
    if "description" in given:
        endpoint.description = given["description"] or ""
    if "metadata" in given:
        endpoint.metadata = merge_metadata(endpoint.metadata, given["metadata"])
    if "disabled" in given:
        endpoint.status = EndpointStatus.DISABLED if given["disabled"] else EndpointStatus.ENABLED
