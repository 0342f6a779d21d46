"""The table of ways to pay."""

from django.db import models

from apps.core.models import Resource


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
