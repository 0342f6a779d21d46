"""The app of events."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "apps.events"
    label = "events"

    def ready(self) -> None:
        from apps.api import registry
        from apps.events import queries
        from apps.events.api.resources import EVENT

        registry.register(EVENT)
        registry.register_links(queries.linked_ids)
