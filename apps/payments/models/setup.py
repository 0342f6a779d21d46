"""The tables of what sets up a payment method for later payments."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.payments.domain import Status
from apps.payments.models.choices import choices
from apps.payments.models.mandates import Mandate
from apps.payments.models.methods import PaymentMethod

_STATUSES = [status for status in Status if status != Status.REQUIRES_CAPTURE]


class SetupIntent(Resource):
    """A payment method that is to be set up for payments without the customer: no money moves."""

    status = models.CharField(max_length=24, choices=choices(*_STATUSES))
    usage = models.CharField(max_length=12, choices=choices("off_session", "on_session"))
    client_secret = models.CharField(max_length=120)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, related_name="+"
    )
    payment_method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, null=True, related_name="+"
    )
    latest_attempt = models.ForeignKey(
        "SetupAttempt", on_delete=models.PROTECT, null=True, related_name="+"
    )
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, null=True, related_name="+")
    single_use_mandate = models.ForeignKey(
        Mandate, on_delete=models.PROTECT, null=True, related_name="+"
    )
    single_use = models.JSONField(
        null=True, help_text="The `amount` and `currency` of the mandate that is to be made."
    )
    description = models.CharField(max_length=1000, null=True)
    payment_method_types = models.JSONField(default=list)
    allowed_payment_method_types = models.JSONField(null=True)
    excluded_payment_method_types = models.JSONField(null=True)
    payment_method_options = models.JSONField(null=True)
    automatic_payment_methods = models.JSONField(null=True)
    attach_to_self = models.BooleanField(default=False)
    flow_directions = models.JSONField(null=True)
    return_url = models.CharField(max_length=2048, null=True)
    next_action = models.JSONField(null=True)
    last_setup_error = models.JSONField(null=True)
    canceled_at = models.DateTimeField(null=True)
    cancellation_reason = models.CharField(max_length=24, null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="setup_intent_account_newest"),
            models.Index(fields=["customer", "-id"], name="setup_intent_customer"),
        ]
        constraints = [
            models.CheckConstraint(
                name="setup_intent_asks_only_in_requires_action",
                condition=Q(next_action__isnull=True) | Q(status=Status.REQUIRES_ACTION.value),
            ),
        ]


class SetupAttempt(Resource):
    """One confirmation of a SetupIntent, and what came of it."""

    setup_intent = models.ForeignKey(
        SetupIntent, on_delete=models.PROTECT, related_name="setup_attempts"
    )
    attempt_reference = IdField(unique=True, help_text="How the processor knows it.")
    payment_method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, related_name="+"
    )
    status = models.CharField(
        max_length=24,
        choices=choices("requires_action", "processing", "succeeded", "failed", "abandoned"),
    )
    usage = models.CharField(max_length=12)
    payment_method_details = models.JSONField(default=dict)
    setup_error = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["setup_intent", "-id"], name="setup_attempt_newest")]
