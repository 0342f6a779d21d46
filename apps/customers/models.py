"""Tables of customers, per environment."""

from django.db import models

from apps.core.models import IdField, Resource


class Customer(Resource):
    """Someone who pays the merchant."""

    name = models.CharField(max_length=256, null=True, blank=True)
    email = models.CharField(max_length=512, null=True, blank=True)
    phone = models.CharField(max_length=20, null=True, blank=True)
    description = models.CharField(max_length=5000, null=True, blank=True)
    address = models.JSONField(null=True, blank=True)
    shipping = models.JSONField(null=True, blank=True)
    business_name = models.CharField(max_length=150, null=True, blank=True)
    individual_name = models.CharField(max_length=150, null=True, blank=True)
    preferred_locales = models.JSONField(default=list, blank=True)
    tax_exempt = models.CharField(max_length=8, default="none")
    invoice_prefix = models.CharField(max_length=12)
    default_payment_method_id = IdField(
        null=True, blank=True, help_text="invoice_settings[default_payment_method]"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="customer_account_newest"),
            models.Index(fields=["email", "-id"], name="customer_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.id
