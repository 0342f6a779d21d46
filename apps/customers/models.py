"""Tables of customers, per environment."""

from django.db import models
from django.db.models import Q

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
    invoice_settings = models.JSONField(
        default=dict, blank=True, help_text="Custom fields, footer, rendering options."
    )
    next_invoice_sequence = models.PositiveIntegerField(default=1)
    default_source_id = IdField(
        null=True, blank=True, help_text="A card, a bank account or a source of the old kind."
    )
    currency = models.CharField(
        max_length=3, null=True, blank=True, help_text="That of the credit; fixed by the first."
    )
    has_credit = models.BooleanField(
        default=False, help_text="The ledger has an account of the customer's credit."
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    # What it is shown with: no column holds it, `queries.with_credit` reads it from the ledger.
    credit_minor: int | None

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="customer_account_newest"),
            models.Index(fields=["email", "-id"], name="customer_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.id


class CreditTransaction(Resource):
    """A change of what a customer is owed or owes, to be settled with the next invoice.

    The ledger has the money; this says why, and what the balance was after it. Amounts are the
    wire's: less than 0 is in favour of the customer.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    ending_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    type = models.CharField(max_length=56)
    description = models.CharField(max_length=350, null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "-id"], name="credit_customer_newest")]
        constraints = [
            models.CheckConstraint(name="credit_amount", condition=~Q(amount_minor=0)),
        ]


class TaxId(Resource):
    """A number under which a customer, or the account itself, is known to a tax authority."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Null: it is the account's own.",
    )
    type = models.CharField(max_length=16)
    value = models.CharField(max_length=128)
    country = models.CharField(max_length=2, null=True)
    verification = models.JSONField(
        null=True, help_text="Status, name and address; null: nobody verifies this type."
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="tax_id_account_newest"),
            models.Index(fields=["customer", "-id"], name="tax_id_customer_newest"),
        ]
