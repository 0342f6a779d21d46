"""The table of payments that their payers dispute."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.core.money import Money
from apps.payments.domain import DisputeStatus
from apps.payments.models.charges import Charge
from apps.payments.models.choices import choices
from apps.payments.models.intents import PaymentIntent


class Dispute(Resource):
    """A charge that its payer disputes at their bank, or that the bank inquires after."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="disputes")
    payment_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, null=True, related_name="+"
    )
    processor_reference = IdField(unique=True, help_text="How the processor knows the dispute.")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=24, choices=choices(*DisputeStatus))
    reason = models.CharField(max_length=48)
    network_reason_code = models.CharField(max_length=16, blank=True)
    is_inquiry = models.BooleanField(
        default=False, help_text="It began as a question, with which no money is taken."
    )
    evidence = models.JSONField(default=dict, help_text="What the merchant gave, by name.")
    submission_count = models.IntegerField(default=0)
    submission_method = models.CharField(max_length=24, null=True)
    due_by = models.DateTimeField(null=True, help_text="Until when evidence is taken.")
    sequence = models.IntegerField(default=0, help_text="That of the last notification.")
    fee_minor = models.BigIntegerField(
        default=0, help_text="What the dispute cost; given back when it is won."
    )
    withdrawn_at = models.DateTimeField(null=True)
    reinstated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    balance_transaction_ids = models.JSONField(default=list)

    # The balance transactions: no column holds them, `queries` reads them along.
    transactions: list[Any]

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="dispute_account_newest"),
            models.Index(
                fields=["due_by"],
                condition=Q(closed_at__isnull=True),
                name="dispute_open_by_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="dispute_amount", condition=Q(amount_minor__gt=0) & Q(fee_minor__gte=0)
            ),
            # What was not taken cannot come back.
            models.CheckConstraint(
                name="dispute_reinstated_after_withdrawn",
                condition=Q(reinstated_at__isnull=True) | Q(withdrawn_at__isnull=False),
            ),
        ]

    @property
    def money(self) -> Money:
        """Return what is disputed."""
        return Money(self.amount_minor, self.currency)

    @property
    def fee(self) -> Money:
        """Return what the platform charged for it."""
        return Money(self.fee_minor, self.currency)
