"""The app of webhooks."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "apps.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from apps.api import registry
        from apps.events import queries as events
        from apps.webhooks import queries
        from apps.webhooks.api.resources import ENDPOINT

        registry.register(ENDPOINT)
        events.connect_deliveries(queries)
