"""Tables of what becomes available when, and of what is paid out, per environment."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.balances.domain import PayoutStatus
from apps.core.models import IdField, Resource
from apps.core.money import Money


class Release(Resource):
    """When the money of a balance transaction becomes available; the id is the transaction's.

    Every balance transaction has one, also that whose money was available at once. It is an
    instruction and no book: amounts and circumstances are those of the ledger transaction.
    """

    # That of the ledger transaction is the one.
    metadata = None
    kind = models.CharField(
        max_length=48, help_text="The transaction's `type`, here so that a list is filtered by it."
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
    net_minor = models.BigIntegerField(help_text="What is to be released; negative for a refund.")
    due_at = models.DateTimeField(help_text="When the money becomes available.")
    released_at = models.DateTimeField(null=True)
    released_by = IdField(
        null=True,
        help_text="The ledger transaction that made it available; none if all of them came to 0.",
    )
    payout_id = IdField(null=True, help_text="The scheduled payout that paid it out.")

    # The ledger transaction: no column holds it, `queries` reads it from the ledger.
    journal: dict[str, Any]

    class Meta:
        verbose_name = "balance transaction"
        constraints = [
            models.CheckConstraint(
                name="release_by_after_at",
                condition=Q(released_by__isnull=True) | Q(released_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["account_id", "-id"], name="release_account_newest"),
            models.Index(fields=["due_at"], condition=Q(released_at=None), name="release_due"),
            # Neither is touched by a payment: its money is pending when the row is written.
            models.Index(
                fields=["account_id", "currency"],
                condition=Q(payout_id=None, released_at__isnull=False),
                name="release_to_pay_out",
            ),
            models.Index(
                fields=["payout_id"],
                condition=Q(payout_id__isnull=False),
                name="release_payout",
            ),
        ]


class Payout(Resource):
    """Money that goes to a bank account, or, less than 0, that is called back from there.

    Its id is the reference under which the bank knows it: the same payout is the same order.
    """

    amount_minor = models.BigIntegerField(help_text="Less than 0: the reversal of a payout.")
    currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
    status = models.CharField(
        max_length=16, choices=[(status.value, status.value) for status in PayoutStatus]
    )
    method = models.CharField(max_length=8, help_text="`standard` or `instant`.")
    source_type = models.CharField(max_length=16)
    automatic = models.BooleanField(help_text="It was made by the schedule.")
    scheduled_on = models.DateField(null=True, help_text="The day of the schedule.")
    is_reconciled = models.BooleanField(
        default=False, help_text="The balance transactions that it paid out name it."
    )
    destination_id = IdField(help_text="A bank account (`accounts.ExternalAccount`).")
    token = models.CharField(max_length=64, help_text="What the bank knows the destination by.")
    description = models.CharField(max_length=5000, null=True, blank=True)
    statement_descriptor = models.CharField(max_length=22, null=True, blank=True)
    arrival_at = models.DateTimeField(help_text="When it is expected to arrive.")
    balance_transaction_id = IdField(null=True)
    failure_balance_transaction_id = IdField(null=True)
    failure_code = models.CharField(max_length=64, null=True, blank=True)
    failure_message = models.CharField(max_length=500, null=True, blank=True)
    original_payout = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reversed_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    trace_id = models.CharField(max_length=64, null=True, blank=True)
    processor = models.CharField(max_length=32, help_text="The bank that is asked to pay.")
    submitted_at = models.DateTimeField(
        null=True, help_text="From now on the bank may know of it: it cannot be canceled any more."
    )
    paid_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="payout_account_newest"),
        ]
        constraints = [
            models.CheckConstraint(name="payout_moves_money", condition=~Q(amount_minor=0)),
            models.CheckConstraint(
                name="payout_reversal_is_negative",
                condition=Q(amount_minor__gt=0, original_payout__isnull=True)
                | Q(amount_minor__lt=0, original_payout__isnull=False),
            ),
            # Two runs of a schedule, or one that was begun again, make one payout of a day.
            models.UniqueConstraint(
                name="payout_once_a_day",
                fields=["account_id", "currency", "scheduled_on"],
                condition=Q(scheduled_on__isnull=False),
            ),
            # Two requests to reverse a payout call the money back once.
            models.UniqueConstraint(
                name="payout_reversed_once",
                fields=["original_payout"],
                condition=Q(original_payout__isnull=False) & ~Q(status="failed"),
            ),
        ]

    @property
    def money(self) -> Money:
        """Return what is paid; less than 0: what comes back."""
        return Money(self.amount_minor, self.currency)


class SimulatedTransfer(models.Model):
    """The memory of the simulated bank. Nothing but that bank reads or writes it."""

    reference = IdField(primary_key=True)
    original = IdField(blank=True, help_text="The reference of the transfer that it calls back.")
    amount_minor = models.BigIntegerField(help_text="Less than 0: called back from the account.")
    currency = models.CharField(max_length=3)
    token = models.CharField(max_length=64)
    arrives_at = models.DateTimeField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference
