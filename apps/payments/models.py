"""Tables of payments, per environment."""

from django.db import models
from django.db.models import F, Q

from apps.core.models import IdField, Resource
from apps.core.money import Money
from apps.payments.domain import AttemptKind, AttemptStatus, CaptureMethod, Outcome, Status


def _choices(*names: str) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


class PaymentMethod(Resource):
    """A way to pay. Of a card only what may be shown is kept, and the processor's token for it."""

    type = models.CharField(max_length=32, default="card")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, related_name="+"
    )
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4, db_index=True)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    funding = models.CharField(max_length=10)
    country = models.CharField(max_length=2, null=True)
    fingerprint = models.CharField(max_length=32)
    token = models.CharField(max_length=120, help_text="The processor's name for it.")
    billing_details = models.JSONField(default=dict, blank=True)
    allow_redisplay = models.CharField(max_length=12, default="unspecified")
    detached_at = models.DateTimeField(
        null=True, blank=True, help_text="It belonged to a customer, and cannot be used again."
    )

    class Meta:
        indexes = [models.Index(fields=["customer", "-id"], name="payment_method_customer")]

    def __str__(self) -> str:
        return f"{self.brand} …{self.last4}"


class PaymentIntent(Resource):
    """A payment, from the wish to the money."""

    amount_minor = models.BigIntegerField()
    amount_capturable_minor = models.BigIntegerField(default=0)
    amount_received_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=24, choices=_choices(*Status))
    capture_method = models.CharField(max_length=16, choices=_choices(*CaptureMethod))
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
    automatic_payment_methods = models.JSONField(null=True, blank=True)
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
    def capturable(self) -> Money:
        """Return what is authorised and not captured."""
        return Money(self.amount_capturable_minor, self.currency)


class Charge(Resource):
    """A try to collect the money of an intent, and what came of it."""

    payment_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, related_name="charges"
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
    status = models.CharField(max_length=10, choices=_choices("succeeded", "pending", "failed"))
    is_captured = models.BooleanField(default=False)
    is_released = models.BooleanField(
        default=False, help_text="The authorisation was given back without a capture."
    )
    failure_code = models.CharField(max_length=64, null=True)
    failure_message = models.CharField(max_length=500, null=True)
    decline_code = models.CharField(max_length=64, null=True)
    balance_transaction_id = IdField(null=True)
    available_on = models.DateTimeField(null=True)
    payment_method_details = models.JSONField(default=dict)
    billing_details = models.JSONField(default=dict)
    description = models.CharField(max_length=5000, null=True)
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


class Refund(Resource):
    """Money of a charge that goes back."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    payment_intent = models.ForeignKey(PaymentIntent, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=32, null=True)
    status = models.CharField(
        max_length=16,
        choices=_choices("pending", "requires_action", "succeeded", "failed", "canceled"),
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


class Attempt(models.Model):
    """One order to a processor. Its id is the reference: the same attempt is the same order."""

    id = IdField(primary_key=True)
    kind = models.CharField(max_length=8, choices=_choices(*AttemptKind))
    status = models.CharField(max_length=10, choices=_choices(*AttemptStatus))
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


class SimulatedOrder(models.Model):
    """The memory of the simulator. Nothing but the simulator reads or writes it."""

    reference = IdField(primary_key=True)
    kind = models.CharField(max_length=8)
    original = IdField(blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    outcome = models.CharField(max_length=10, choices=_choices(*Outcome))
    code = models.CharField(max_length=64, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    available_at_once = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference
