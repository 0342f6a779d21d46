"""The table of what processors said by themselves."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField


class ReceivedNotification(models.Model):
    """A notification, as it came. The same one again makes no second row."""

    id = models.BigAutoField(primary_key=True)
    processor = models.CharField(max_length=32)
    notification_id = models.CharField(max_length=255, help_text="The processor's id of it.")
    kind = models.CharField(max_length=16)
    reference = IdField(db_index=True)
    sequence = models.IntegerField(default=0)
    facts = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="notification_not_applied",
                condition=Q(applied_at__isnull=True),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                name="notification_once", fields=["processor", "notification_id"]
            )
        ]

    def __str__(self) -> str:
        return self.notification_id
