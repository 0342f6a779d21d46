"""The table of what was collected, or tried to."""

from django.db import models
from django.db.models import F, Q

from apps.core.models import IdField, Resource
from apps.core.money import Money
from apps.payments.models.choices import choices
from apps.payments.models.intents import PaymentIntent
from apps.payments.models.methods import PaymentMethod


class Charge(Resource):
    """A try to collect the money of an intent, and what came of it."""

    payment_intent = models.ForeignKey(
        PaymentIntent,
        on_delete=models.PROTECT,
        null=True,
        related_name="charges",
        help_text="None: it was made by `POST /v1/charges`.",
    )
    payment_method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, related_name="+"
    )
    attempt_reference = IdField(unique=True, help_text="How the processor knows the charge.")
    processor = models.CharField(max_length=32)
    amount_minor = models.BigIntegerField()
    amount_captured_minor = models.BigIntegerField(default=0)
    amount_refunded_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=choices("succeeded", "pending", "failed"))
    is_captured = models.BooleanField(default=False)
    is_released = models.BooleanField(
        default=False, help_text="The authorisation was given back without a capture."
    )
    capture_before = models.DateTimeField(
        null=True, help_text="When the processor lets go of what is authorised."
    )
    failure_code = models.CharField(max_length=64, null=True)
    failure_message = models.CharField(max_length=500, null=True)
    decline_code = models.CharField(max_length=64, null=True)
    balance_transaction_id = IdField(null=True)
    failure_balance_transaction_id = IdField(
        null=True, help_text="What took the money back of a bank debit that was returned."
    )
    available_on = models.DateTimeField(null=True)
    payment_method_details = models.JSONField(default=dict)
    source = models.JSONField(null=True, help_text="What was charged, as an older call named it.")
    risk = models.JSONField(null=True, help_text="`level` and `score`, as the processor sees it.")
    disputed = models.BooleanField(default=False, help_text="Its payer disputed it, once at least.")
    fraud_details = models.JSONField(default=dict)
    billing_details = models.JSONField(default=dict)
    description = models.CharField(max_length=40_000, null=True)
    receipt_email = models.CharField(max_length=512, null=True)
    shipping = models.JSONField(null=True)
    statement_descriptor = models.CharField(max_length=22, null=True)
    statement_descriptor_suffix = models.CharField(max_length=22, null=True)
    transfer_group = models.CharField(max_length=255, null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="charge_account_newest"),
            models.Index(fields=["customer", "-id"], name="charge_customer"),
        ]
        constraints = [
            models.CheckConstraint(
                name="charge_captured_within_amount",
                condition=Q(amount_captured_minor__gte=0)
                & Q(amount_captured_minor__lte=F("amount_minor")),
            ),
            # The truth behind `domain.refund_amount`: no race gives back more than was taken.
            models.CheckConstraint(
                name="charge_refunded_within_captured",
                condition=Q(amount_refunded_minor__gte=0)
                & Q(amount_refunded_minor__lte=F("amount_captured_minor")),
            ),
        ]

    @property
    def captured(self) -> Money:
        """Return what was taken."""
        return Money(self.amount_captured_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """Return what was given back, or is on its way."""
        return Money(self.amount_refunded_minor, self.currency)
