"""The table of ways to pay."""

from django.db import models
from django.db.models import Q

from apps.core.models import Resource


class PaymentMethod(Resource):
    """A way to pay: a card, a bank account to debit, or the cash of a customer.

    Of a card or an account only what may be shown is kept, and the processor's token for it. What a
    type does not have is empty: an account has no expiry, cash no number either.
    """

    type = models.CharField(max_length=32, default="card")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, related_name="+"
    )
    brand = models.CharField(max_length=20, blank=True)
    last4 = models.CharField(max_length=4, blank=True, db_index=True)
    exp_month = models.PositiveSmallIntegerField(null=True, blank=True)
    exp_year = models.PositiveSmallIntegerField(null=True, blank=True)
    funding = models.CharField(max_length=10, blank=True)
    country = models.CharField(max_length=2, null=True)
    fingerprint = models.CharField(max_length=32, blank=True)
    details = models.JSONField(
        default=dict,
        blank=True,
        help_text="What is shown of an account: bank_name, routing_number, account_type, …",
    )
    token = models.CharField(max_length=120, help_text="The processor's name for it.")
    billing_details = models.JSONField(default=dict, blank=True)
    allow_redisplay = models.CharField(max_length=12, default="unspecified")
    authenticated_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="The customer proved to be its owner when it was set up for later payments.",
    )
    verified_at = models.DateTimeField(
        null=True, blank=True, help_text="When micro-deposits showed that the account is theirs."
    )
    verification_failures = models.PositiveSmallIntegerField(
        default=0, help_text="How often the micro-deposits were told wrong."
    )
    detached_at = models.DateTimeField(
        null=True, blank=True, help_text="It belonged to a customer, and cannot be used again."
    )

    class Meta:
        indexes = [models.Index(fields=["customer", "-id"], name="payment_method_customer")]
        constraints = [
            models.CheckConstraint(
                name="payment_method_card_expires",
                condition=~Q(type="card")
                | Q(exp_month__range=(1, 12), exp_year__isnull=False) & ~Q(brand=""),
            ),
        ]

    def __str__(self) -> str:
        name = self.brand or self.type
        return f"{name} …{self.last4}" if self.last4 else name
