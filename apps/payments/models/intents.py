"""The table of payments."""

from django.db import models
from django.db.models import F, Q

from apps.core.models import IdField, Resource
from apps.core.money import Money
from apps.payments.domain import CaptureMethod, Status
from apps.payments.models.choices import choices
from apps.payments.models.methods import PaymentMethod


class PaymentIntent(Resource):
    """A payment, from the wish to the money."""

    amount_minor = models.BigIntegerField()
    amount_capturable_minor = models.BigIntegerField(default=0)
    amount_received_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=24, choices=choices(*Status))
    capture_method = models.CharField(max_length=16, choices=choices(*CaptureMethod))
    confirmation_method = models.CharField(max_length=9, default="automatic")
    client_secret = models.CharField(max_length=120)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    payment_method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    latest_charge = models.ForeignKey(
        "Charge", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    payment_method_types = models.JSONField(default=list)
    payment_method_options = models.JSONField(null=True, blank=True)
    allowed_payment_method_types = models.JSONField(null=True, blank=True)
    excluded_payment_method_types = models.JSONField(null=True, blank=True)
    automatic_payment_methods = models.JSONField(null=True, blank=True)
    amount_details = models.JSONField(null=True, blank=True)
    mandate = models.ForeignKey(
        "Mandate", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    return_url = models.CharField(max_length=2048, null=True, blank=True)
    next_action = models.JSONField(null=True, blank=True)
    authentication_id = IdField(
        null=True,
        blank=True,
        help_text="The attempt whose challenge was passed, where the payment is confirmed again.",
    )
    last_payment_error = models.JSONField(null=True, blank=True)
    description = models.CharField(max_length=5000, null=True, blank=True)
    receipt_email = models.CharField(max_length=512, null=True, blank=True)
    setup_future_usage = models.CharField(max_length=12, null=True, blank=True)
    shipping = models.JSONField(null=True, blank=True)
    statement_descriptor = models.CharField(max_length=22, null=True, blank=True)
    statement_descriptor_suffix = models.CharField(max_length=22, null=True, blank=True)
    transfer_group = models.CharField(max_length=255, null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = models.CharField(max_length=24, null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="intent_account_newest"),
            models.Index(fields=["customer", "-id"], name="intent_customer"),
        ]
        constraints = [
            models.CheckConstraint(name="intent_amount", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="intent_received_within_amount",
                condition=Q(amount_received_minor__gte=0)
                & Q(amount_received_minor__lte=F("amount_minor")),
            ),
            models.CheckConstraint(
                name="intent_capturable_only_when_authorised",
                condition=Q(amount_capturable_minor=0)
                | Q(status__in=[Status.REQUIRES_CAPTURE.value, Status.PROCESSING.value]),
            ),
        ]

    @property
    def money(self) -> Money:
        """Return the amount that is wanted."""
        return Money(self.amount_minor, self.currency)

    @property
    def expiry_key(self) -> str:
        """Return the key of the job that lets the authorisation go if it is not captured."""
        return f"expiry:{self.id}"

    @property
    def capturable(self) -> Money:
        """Return what is authorised and not captured."""
        return Money(self.amount_capturable_minor, self.currency)
