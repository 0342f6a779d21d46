"""Tables of webhooks: the endpoints in each environment, deliveries and attempts in `public`."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.webhooks.domain import DeliveryStatus, EndpointStatus

URL_LENGTH = 2048


class WebhookEndpoint(Resource):
    """Where a merchant wants to be told what happened."""

    url = models.CharField(max_length=URL_LENGTH)
    description = models.CharField(max_length=5000, blank=True)
    enabled_events = models.JSONField(help_text='Names of events, or ["*"] for all of them.')
    status = models.CharField(
        max_length=16,
        choices=[(status.value, status.value) for status in EndpointStatus],
        default=EndpointStatus.ENABLED.value,
    )
    api_version = models.CharField(
        max_length=40, blank=True, help_text="Of the events sent; empty: the current one."
    )
    # It signs, so it is kept as it is, in the environment's own schema. Shown once, never logged.
    secret = models.CharField(max_length=100, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    # Set on the instance that was just made: the one moment when its secret is shown.
    shows_secret: bool = False

    class Meta:
        indexes = [models.Index(fields=["account_id", "-id"], name="endpoint_account_newest")]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """An event that an endpoint has to get, of any environment. The row is the job."""

    id = models.BigAutoField(primary_key=True)
    environment_id = IdField()
    event_id = IdField()
    endpoint_id = IdField()
    url = models.CharField(max_length=URL_LENGTH, help_text="Of the endpoint, when last looked at.")
    status = models.CharField(
        max_length=16,
        choices=[(status.value, status.value) for status in DeliveryStatus],
        default=DeliveryStatus.PENDING.value,
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Begun so far. One whose process died has no row of its own."
    )
    due_at = models.DateTimeField(help_text="When it is tried next, or the sender's lease ends.")
    last_status_code = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=40, blank=True, help_text="Why there was no answer.")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # Whatever happens twice, an endpoint has one delivery of an event.
            models.UniqueConstraint(
                name="delivery_once", fields=["environment_id", "event_id", "endpoint_id"]
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(status="pending")),
            models.Index(
                fields=["created_at"],
                name="delivery_untried",
                condition=Q(status="pending", attempts=0),
            ),
            models.Index(fields=["environment_id", "endpoint_id", "-id"], name="delivery_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.url}"


class DeliveryAttempt(models.Model):
    """One request to an endpoint, and what came of it."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True, help_text="Why there was no answer.")
    response_body = models.TextField(blank=True, help_text="The first 4 KiB.")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="attempt_once", fields=["delivery", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} no. {self.number}"
