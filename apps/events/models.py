"""Tables of events: the events in each environment, the outbox in `public`."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from apps.core.models import IdField, Resource


class Event(Resource):
    """Something that happened to an object, with the object as the API showed it then."""

    type = models.CharField(max_length=80)
    object_id = IdField(help_text="The object that the event tells of.")
    data = models.JSONField(encoder=DjangoJSONEncoder, help_text="The snapshot of the object.")
    previous_attributes = models.JSONField(
        null=True, encoder=DjangoJSONEncoder, help_text="What an update changed, as it was before."
    )
    request_id = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    api_version = models.CharField(max_length=40)

    # How many endpoints have not got the event yet: no column holds it, `queries` fills it in.
    pending_webhooks: int = 0

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="event_account_newest"),
            models.Index(fields=["account_id", "type", "-id"], name="event_account_type"),
            models.Index(fields=["object_id", "-id"], name="event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.id})"


class OutboxRow(models.Model):
    """An event that has not been handed to the endpoints yet. The row goes when it has been."""

    id = models.BigAutoField(primary_key=True)
    environment_id = IdField()
    event_id = IdField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.event_id
