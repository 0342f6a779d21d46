"""`/v1/webhook_endpoints`."""

from apps.api.paging import Page, page
from apps.api.params import Boolean, ListOf, Metadata, Text, listing, operation
from apps.api.views import WireView
from apps.core import clock
from apps.webhooks import queries, services
from apps.webhooks.models import URL_LENGTH, WebhookEndpoint

EVENTS_MAX = 1000
COMMON = {"description": Text(unset=True), "metadata": Metadata()}
CREATE = operation(
    **COMMON,
    api_version=Text(max_length=40),
    connect=Boolean(),
    enabled_events=ListOf(Text(max_length=80), max_items=EVENTS_MAX, required=True),
    url=Text(max_length=URL_LENGTH, required=True),
)
UPDATE = operation(
    **COMMON,
    disabled=Boolean(),
    enabled_events=ListOf(Text(max_length=80), max_items=EVENTS_MAX),
    url=Text(max_length=URL_LENGTH),
)


class WebhookEndpoints(WireView):
    """Create, list."""

    resource = "webhook_endpoints"
    returns = "webhook_endpoint"
    shapes = {"GET": listing(), "POST": CREATE}

    def get(self) -> Page:
        return page(queries.list_endpoints(), self.params)

    def post(self) -> WebhookEndpoint:
        return services.create_endpoint(given=self.params, now=clock.now())


class WebhookEndpointDetail(WireView):
    """Retrieve, update, delete."""

    resource = "webhook_endpoints"
    returns = "webhook_endpoint"
    shapes = {"GET": operation(), "POST": UPDATE, "DELETE": operation()}

    def get(self, webhook_endpoint: str) -> WebhookEndpoint:
        return queries.get_endpoint(webhook_endpoint)

    def post(self, webhook_endpoint: str) -> WebhookEndpoint:
        return services.update_endpoint(endpoint_id=webhook_endpoint, given=self.params)

    def delete(self, webhook_endpoint: str) -> WebhookEndpoint:
        return services.delete_endpoint(endpoint_id=webhook_endpoint, now=clock.now())
