"""The table of permissions to debit."""

from django.db import models
from django.db.models import Q

from apps.core.models import Resource
from apps.payments.models.choices import choices
from apps.payments.models.methods import PaymentMethod


class Mandate(Resource):
    """A customer's permission to debit a payment method, as they gave it.

    It is made when it is accepted, `pending`, and becomes `active` with the payment or the setup
    that it was given for.
    """

    payment_method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, related_name="mandates"
    )
    payment_intent = models.ForeignKey(
        "PaymentIntent", on_delete=models.PROTECT, null=True, related_name="+"
    )
    setup_intent = models.ForeignKey(
        "SetupIntent", on_delete=models.PROTECT, null=True, related_name="+"
    )
    type = models.CharField(max_length=12, choices=choices("multi_use", "single_use"))
    status = models.CharField(max_length=10, choices=choices("active", "inactive", "pending"))
    customer_acceptance = models.JSONField(help_text="Who accepted it, when and how.")
    payment_method_details = models.JSONField(help_text="`type`, and an object of that name.")
    single_use = models.JSONField(null=True, help_text="`amount` in minor units, and `currency`.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mandate_single_use_has_its_amount",
                condition=Q(type="multi_use", single_use__isnull=True)
                | Q(type="single_use", single_use__isnull=False),
            ),
        ]
