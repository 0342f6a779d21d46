"""The table of money that goes back."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.core.money import Money
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
        choices=choices("pending", "requires_action", "succeeded", "failed", "canceled"),
    )
    failure_reason = models.CharField(max_length=64, null=True)
    balance_transaction_id = IdField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account_id", "-id"], name="refund_account_newest")]
        constraints = [
            models.CheckConstraint(name="refund_amount", condition=Q(amount_minor__gt=0))
        ]

    @property
    def money(self) -> Money:
        """Return the amount."""
        return Money(self.amount_minor, self.currency)
