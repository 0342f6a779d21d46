"""The tables of what customers transferred, and how they are told where to."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.payments.models.choices import choices
from apps.payments.models.intents import PaymentIntent
from apps.payments.models.refunds import Refund

CASH_MOVES = (
    "adjusted_for_overdraft",
    "applied_to_payment",
    "funded",
    "funding_reversed",
    "refunded_from_payment",
    "return_canceled",
    "return_initiated",
    "unapplied_from_payment",
)


class CashBalance(models.Model):
    """How the cash of a customer is used. Its row is the lock of all that moves this cash.

    It holds no amount: what a customer has is what the ledger says of `customer:<id>:cash`.
    """

    customer = models.OneToOneField(
        "customers.Customer", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    account_id = IdField(help_text="The merchant account that owns the customer.")
    reconciliation_mode = models.CharField(
        max_length=9,
        blank=True,
        choices=choices("automatic", "manual"),
        help_text="Whether a transfer pays what is open by itself; empty: the merchant's default.",
    )

    # Minor units by currency, of what is not 0: no column holds it, `queries` asks the ledger.
    available: dict[str, int]

    def __str__(self) -> str:
        return self.customer_id

    @property
    def mode(self) -> str:
        """Return `automatic`, the merchant's default, or what was set."""
        return self.reconciliation_mode or "automatic"


class CashTransaction(Resource):
    """A change of a customer's cash, as they and the merchant see it.

    The money itself is in the ledger, in a transaction whose reference names this row's id.
    """

    metadata = None
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=24, choices=choices(*CASH_MOVES))
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField(help_text="What the balance changed by.")
    ending_minor = models.BigIntegerField(help_text="The balance after it, in this currency.")
    payment_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, null=True, related_name="cash_transactions"
    )
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="+")
    transfer = IdField(
        null=True,
        unique=True,
        help_text="How the processor knows the transfer: the same one is received once.",
    )
    details = models.JSONField(default=dict, help_text="What the wire shows of its type.")

    class Meta:
        indexes = [models.Index(fields=["customer", "-id"], name="cash_transaction_customer")]
        constraints = [
            models.CheckConstraint(
                name="cash_transaction_moves_something", condition=~Q(net_minor=0)
            ),
            models.CheckConstraint(
                name="cash_transaction_never_below_zero", condition=Q(ending_minor__gte=0)
            ),
        ]


class FundingAddress(models.Model):
    """Where a customer transfers money to, in a currency: the account number is made of its id."""

    id = models.BigAutoField(primary_key=True)
    account_id = IdField(help_text="The merchant account that owns the customer.")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    type = models.CharField(max_length=16, help_text="`us_bank_transfer`, `eu_bank_transfer`, …")
    country = models.CharField(max_length=2, help_text="Where the account is.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="funding_address_once", fields=["customer", "currency", "country"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.currency} {self.customer_id}"
