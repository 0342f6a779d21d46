"""Pages of webhook endpoints, deliveries and attempts."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DayFilter, EnvironmentAdmin
from apps.webhooks.models import Delivery, DeliveryAttempt, WebhookEndpoint


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(EnvironmentAdmin):
    """Where merchants want to be told what happened. The secret is not shown."""

    id_prefix = "we"
    list_display = ("url", "id", "status_badge", "events", "created_at")
    list_filter = ("status", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("id__startswith", "url__icontains")
    search_help_text = "Id or address"
    fields = (
        *("id", "url", "description", "status_badge", "events", "api_version", "deliveries"),
        *("account_id", "created_at", "deleted_at", "metadata_json"),
    )

    status_badge = columns.badge("status")
    metadata_json = columns.json_of("metadata")

    @admin.display(description="events")
    def events(self, endpoint: WebhookEndpoint) -> str:
        """Return what the endpoint asks for."""
        names = list(endpoint.enabled_events)
        if names == ["*"]:
            return "all"
        shown = ", ".join(names[:2])
        return shown if len(names) <= 2 else f"{shown} and {len(names) - 2} more"

    @admin.display(description="deliveries")
    def deliveries(self, endpoint: WebhookEndpoint) -> SafeString:
        """Return a link to what was sent there."""
        url = reverse("admin:webhooks_delivery_changelist")
        return columns.link_html(f"{url}?q={endpoint.pk}", "Show the deliveries")


@admin.register(Delivery)
class DeliveryAdmin(EnvironmentAdmin):
    """What an endpoint has to get, and whether it has."""

    environment_field = "environment_id"
    list_display = (
        *("id", "event", "url", "status_badge", "attempts", "last_status_code", "last_error"),
        "created_at",
    )
    list_filter = ("status", "last_status_code", ("created_at", DayFilter))
    search_fields = ("event_id__exact", "endpoint_id__exact", "url__icontains")
    search_help_text = "Id of an event or an endpoint; address"
    fields = (
        *(("event", "endpoint"), ("status_badge", "url"), ("last_status_code", "last_error")),
        *(("created_at", "due_at"), ("attempts", "id"), "requests"),
    )

    event = columns.id_link("event_id", "event")
    endpoint = columns.id_link("endpoint_id", "endpoint")
    status_badge = columns.badge("status")

    @admin.display(description="requests")
    def requests(self, delivery: Delivery) -> SafeString:
        """Return a line for each request that was made."""
        lines = (
            (
                columns.link_html(columns.url_of(one), f"no. {one.number}"),
                f"{one.at:%Y-%m-%d %H:%M:%S}",
                one.error or f"HTTP {one.status_code}",
                f"{one.duration_ms} ms",
            )
            for one in delivery.tries.order_by("number")
        )
        return format_html_join("", "<div>{} · {} · {} · {}</div>", lines)


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(EnvironmentAdmin):
    """Requests to endpoints, and what came of them."""

    environment_field = "delivery__environment_id"
    list_display = ("id", "delivery_link", "number", "at", "status_code", "error", "took")
    list_filter = ("status_code", "error", ("at", DayFilter))
    list_select_related = ("delivery",)
    search_fields = ("delivery__event_id__exact", "delivery__url__icontains")
    search_help_text = "Id of an event; address"
    fields = ("id", "delivery", "number", "at", "took", "status_code", "error", "answer")

    delivery_link = columns.link("delivery")

    @admin.display(description="took", ordering="duration_ms")
    def took(self, attempt: DeliveryAttempt) -> str:
        """Return how long the request took."""
        return f"{attempt.duration_ms} ms"

    @admin.display(description="answer")
    def answer(self, attempt: DeliveryAttempt) -> SafeString | None:
        """Return the beginning of the answer."""
        body = attempt.response_body
        return format_html('<pre class="fc-json">{}</pre>', body) if body else None
