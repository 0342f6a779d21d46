"""Pages of what processors said by themselves, and of the scripts of the simulator."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, DayFilter, EnvironmentAdmin
from apps.payments.models import ReceivedNotification, Scenario


@admin.register(ReceivedNotification)
class ReceivedNotificationAdmin(EnvironmentAdmin):
    """Notifications as they came, and when what they told was applied."""

    list_display = ("notification_id", "kind", "about", "processor", "received_at", "applied_at")
    list_filter = ("kind", "processor", ("received_at", DayFilter))
    search_fields = ("notification_id__exact", "reference__exact")
    search_help_text = "Id of a notification, or what it is about"
    fields = (
        *(("notification_id", "processor"), ("kind", "sequence"), "about"),
        *(("occurred_at", "received_at", "applied_at"), "facts_json"),
    )

    about = columns.id_link("reference", "reference")
    facts_json = columns.json_of("facts")


@admin.register(Scenario)
class ScenarioAdmin(EnvironmentAdmin):
    """What the simulator was told to do out of turn."""

    id_prefix = "scn"
    list_display = ("id", "name", "status_badge", "created_at", "ended_at")
    list_filter = ("status", DAYS)
    search_fields = ("id__startswith", "name__icontains")
    search_help_text = "Id or name of a scenario"
    fields = (
        *(("id", "name"), ("status_badge", "ended_at"), ("payment_method_id", "customer_id")),
        *(("created_at", "account_id"), "steps_json", "seen_json"),
    )

    status_badge = columns.badge("status")
    steps_json = columns.json_of("steps")
    seen_json = columns.json_of("seen")
