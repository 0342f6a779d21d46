"""Pages of events."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DayFilter, EnvironmentAdmin
from apps.events.models import Event, OutboxRow


@admin.register(Event)
class EventAdmin(EnvironmentAdmin):
    """What happened, as the endpoints are told."""

    id_prefix = "evt"
    list_display = ("type", "id", "about", "request_id", "created_at")
    list_filter = ("type", ("created_at", DayFilter))
    search_fields = (
        "id__startswith",
        "object_id__exact",
        "type__startswith",
        "request_id__exact",
        "idempotency_key__exact",
    )
    search_help_text = "Id of an event, an object or a request; type"
    fields = (
        *(("id", "type"), ("about", "created_at"), ("request_id", "idempotency_key")),
        *(("api_version", "account_id"), "previous_json", "data_json"),
    )

    about = columns.id_link("object_id", "object")
    data_json = columns.json_of("data", "object, as it was then")
    previous_json = columns.json_of("previous_attributes", "before the change")


@admin.register(OutboxRow)
class OutboxRowAdmin(EnvironmentAdmin):
    """Events that have not been handed to the endpoints yet."""

    environment_field = "environment_id"
    list_display = ("id", "event", "due_at", "created_at")
    search_fields = ("event_id__exact",)
    search_help_text = "Id of an event"
    fields = ("id", "event", "due_at", "created_at")

    event = columns.id_link("event_id", "event")
