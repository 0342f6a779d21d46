"""Idempotency keys, in `public`: one table for all environments, swept when a day has passed."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField


class IdempotencyKey(models.Model):
    """A request that must have its effects once, and the answer that it got."""

    id = models.BigAutoField(primary_key=True)
    environment_id = IdField()
    account_id = IdField()
    is_public = models.BooleanField(
        default=False, help_text="Of a browser: its keys are not those of the merchant's servers."
    )
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="Keyed hash of method, path and body.")
    expand = models.JSONField(default=list, help_text="How the answer is to be shown.")
    api_version = models.CharField(
        max_length=40, default="", help_text="The version of the request, and so of the answer."
    )
    turn = models.PositiveIntegerField(
        default=1, help_text="Grows with each take-over; only the last one may store an answer."
    )
    lease_until = models.DateTimeField()
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the stored answer.")
    body = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="idempotency_key_once",
                fields=["environment_id", "account_id", "is_public", "key"],
            ),
            models.CheckConstraint(
                name="idempotency_answer_whole",
                condition=Q(status__isnull=True, body__isnull=True)
                | Q(status__isnull=False, body__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created_at")]

    def __str__(self) -> str:
        return self.key
