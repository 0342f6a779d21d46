"""The table of orders to processors."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, ResourceQuerySet
from apps.core.money import Money
from apps.payments.domain import SIDE_BY_SIDE, UNSETTLED, AttemptKind, AttemptStatus
from apps.payments.models.charges import Charge
from apps.payments.models.choices import choices
from apps.payments.models.disputes import Dispute
from apps.payments.models.intents import PaymentIntent
from apps.payments.models.refunds import Refund
from apps.payments.models.setup import SetupIntent

_UNSETTLED = sorted(status.value for status in UNSETTLED)
_IN_VAIN = [AttemptStatus.ABANDONED.value, AttemptStatus.FAILED.value]
_SIDE_BY_SIDE = sorted(kind.value for kind in SIDE_BY_SIDE)


class Attempt(models.Model):
    """One order to a processor. Its id is the reference: the same attempt is the same order.

    It is about one payment, about a charge that has none, or about one set-up; a refund is of one
    of the first two.
    """

    id = IdField(primary_key=True)
    account_id = IdField(help_text="The merchant account that owns it.")
    kind = models.CharField(max_length=16, choices=choices(*AttemptKind))
    status = models.CharField(max_length=16, choices=choices(*AttemptStatus))
    processor = models.CharField(max_length=32)
    payment_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, null=True, related_name="attempts"
    )
    setup_intent = models.ForeignKey(
        SetupIntent, on_delete=models.PROTECT, null=True, related_name="attempts"
    )
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, null=True, related_name="attempts")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="attempts")
    dispute = models.ForeignKey(
        Dispute, on_delete=models.PROTECT, null=True, related_name="attempts"
    )
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    details = models.JSONField(default=dict, help_text="What recording the outcome needs to know.")
    action = models.JSONField(null=True, help_text="What the payer has to do.")
    claim_id = models.BigIntegerField(
        null=True, help_text="The idempotency key of the request that asked for it."
    )
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=64, blank=True)
    sequence = models.IntegerField(default=0, help_text="That of the last answer.")
    enquiries = models.SmallIntegerField(default=0, help_text="How often it was asked after.")
    next_enquiry_at = models.DateTimeField(null=True)

    objects = ResourceQuerySet.as_manager()

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
                condition=Q(status__in=_UNSETTLED) & ~Q(kind__in=_SIDE_BY_SIDE),
            ),
            models.UniqueConstraint(
                name="attempt_one_open_per_setup_intent",
                fields=["setup_intent"],
                condition=Q(status__in=_UNSETTLED),
            ),
            models.UniqueConstraint(
                name="attempt_one_open_per_charge",
                fields=["charge"],
                condition=Q(status__in=_UNSETTLED, payment_intent__isnull=True)
                & ~Q(kind__in=_SIDE_BY_SIDE),
            ),
            models.UniqueConstraint(
                name="attempt_one_open_per_dispute",
                fields=["dispute"],
                condition=Q(status__in=_UNSETTLED, dispute__isnull=False),
            ),
            models.UniqueConstraint(
                name="attempt_one_of_a_kind_per_refund",
                fields=["refund", "kind"],
                condition=Q(refund__isnull=False) & ~Q(status__in=_IN_VAIN),
            ),
            models.CheckConstraint(
                name="attempt_has_a_subject",
                condition=Q(setup_intent__isnull=True)
                & (Q(payment_intent__isnull=False) | Q(charge__isnull=False))
                | Q(
                    setup_intent__isnull=False,
                    payment_intent__isnull=True,
                    charge__isnull=True,
                    refund__isnull=True,
                ),
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
