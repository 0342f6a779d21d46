"""The table of orders to processors."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField
from apps.core.money import Money
from apps.payments.domain import AttemptKind, AttemptStatus
from apps.payments.models.choices import choices
from apps.payments.models.intents import PaymentIntent
from apps.payments.models.refunds import Refund


class Attempt(models.Model):
    """One order to a processor. Its id is the reference: the same attempt is the same order."""

    id = IdField(primary_key=True)
    kind = models.CharField(max_length=8, choices=choices(*AttemptKind))
    status = models.CharField(max_length=10, choices=choices(*AttemptStatus))
    processor = models.CharField(max_length=32)
    payment_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, related_name="attempts"
    )
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, related_name="attempt"
    )
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    details = models.JSONField(default=dict, help_text="What recording the outcome needs to know.")
    claim_id = models.BigIntegerField(
        null=True, help_text="The idempotency key of the request that asked for it."
    )
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            # One request makes one order: the truth that keeps a slow request and its retry,
            # which took the key over, from both being carried out.
            models.UniqueConstraint(
                name="attempt_once_per_request",
                fields=["claim_id"],
                condition=Q(claim_id__isnull=False),
            ),
            models.UniqueConstraint(
                name="attempt_one_open_per_intent",
                fields=["payment_intent"],
                condition=Q(status=AttemptStatus.OPEN.value) & ~Q(kind=AttemptKind.REFUND.value),
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def enquiry_key(self) -> str:
        """Return the key of the job that asks the processor after this attempt."""
        return f"enquiry:{self.id}"

    @property
    def money(self) -> Money:
        """Return the amount of the order."""
        return Money(self.amount_minor, self.currency)
