"""The table of money that goes back."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.core.money import Money
from apps.payments.domain import RefundStatus
from apps.payments.models.charges import Charge
from apps.payments.models.choices import choices
from apps.payments.models.intents import PaymentIntent


class Refund(Resource):
    """Money of a charge that goes back."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    payment_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, null=True, related_name="+"
    )
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=32, null=True)
    status = models.CharField(
        max_length=16,
        choices=choices(*RefundStatus),
    )
    pending_reason = models.CharField(max_length=24, null=True)
    failure_reason = models.CharField(max_length=64, null=True)
    failed_at = models.DateTimeField(null=True)
    balance_transaction_id = IdField(null=True, help_text="None: it was not taken on.")
    failure_balance_transaction_id = IdField(null=True)
    instructions_email = models.CharField(max_length=512, null=True)
    next_action = models.JSONField(null=True, help_text="What its payer has to do.")
    destination = models.JSONField(default=dict, help_text="Where the money goes.")

    class Meta:
        indexes = [models.Index(fields=["account_id", "-id"], name="refund_account_newest")]
        constraints = [
            models.CheckConstraint(name="refund_amount", condition=Q(amount_minor__gt=0)),
            # What never left cannot come back.
            models.CheckConstraint(
                name="refund_failure_after_refund",
                condition=Q(failure_balance_transaction_id__isnull=True)
                | Q(balance_transaction_id__isnull=False),
            ),
        ]

    @property
    def money(self) -> Money:
        """Return the amount."""
        return Money(self.amount_minor, self.currency)
