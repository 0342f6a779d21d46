"""The tables of tokens, and of cards, bank accounts and sources of the old kind."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.payments.models.choices import choices
from apps.payments.models.methods import PaymentMethod

TOKEN_TYPES = ("card", "bank_account", "cvc_update")
SOURCE_KINDS = ("card", "bank_account", "source")


class Token(Resource):
    """A card or a bank account that was sent once, to be used once. No number is kept."""

    type = models.CharField(max_length=12, choices=choices(*TOKEN_TYPES))
    token = models.CharField(max_length=120, blank=True, help_text="The processor's name for it.")
    object_id = IdField(
        blank=True, help_text="The id of the card or the bank account that it shows and becomes."
    )
    facts = models.JSONField(default=dict, help_text="What may be shown of it.")
    used_at = models.DateTimeField(null=True, blank=True)


class Source(Resource):
    """A card, a bank account or a source, as the older part of the wire knows a way to pay.

    What is charged is its payment method; this is another door to it. A card and a bank account
    always belong to a customer, a source may.
    """

    kind = models.CharField(max_length=12, choices=choices(*SOURCE_KINDS))
    type = models.CharField(max_length=24)
    status = models.CharField(max_length=24)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, related_name="+"
    )
    payment_method = models.OneToOneField(
        PaymentMethod, on_delete=models.PROTECT, null=True, related_name="+"
    )
    order_key = IdField(
        help_text="The id without its prefix: what orders cards, bank accounts and sources alike."
    )
    flow = models.CharField(max_length=24, blank=True)
    usage = models.CharField(max_length=12, blank=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    client_secret = models.CharField(max_length=120, blank=True)
    owner = models.JSONField(default=dict, blank=True, help_text="Name, address, email, phone.")
    details = models.JSONField(
        default=dict, blank=True, help_text="What the type says beyond the payment method."
    )
    attempts_left = models.PositiveSmallIntegerField(
        default=3, help_text="How often the verification may still go wrong."
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "-order_key"], name="source_customer_newest")]
        constraints = [
            models.CheckConstraint(
                name="source_of_customer",
                condition=Q(kind="source") | Q(customer__isnull=False),
            ),
            models.CheckConstraint(
                name="source_amount",
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gt=0),
            ),
        ]
