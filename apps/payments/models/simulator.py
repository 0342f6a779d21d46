"""The tables that are the memory of the simulator, and what it is told to do out of turn."""

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource
from apps.payments.domain import Outcome
from apps.payments.models.choices import choices


class SimulatedOrder(models.Model):
    """The memory of the simulator. Nothing but the simulator reads or writes it.

    Sums are in minor units, and are kept on the order that others are about: on the charge, what
    of it was captured and refunded.
    """

    reference = IdField(primary_key=True)
    kind = models.CharField(max_length=16)
    original = IdField(blank=True)
    token = models.CharField(max_length=120, blank=True)
    amount_minor = models.BigIntegerField()
    authorised_minor = models.BigIntegerField(default=0)
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    is_captured_at_once = models.BooleanField(default=True)
    outcome = models.CharField(max_length=10, choices=choices(*Outcome))
    code = models.CharField(max_length=64, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    available_at_once = models.BooleanField(default=False)
    facts = models.JSONField(default=dict, help_text="Whatever else it has to remember.")
    sequence = models.IntegerField(default=0, help_text="Grows with every change of the outcome.")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A processor would refuse all this, so the simulator must never have taken it.
            models.CheckConstraint(
                name="simulated_captured_within_authorised",
                condition=Q(captured_minor__gte=0)
                & Q(captured_minor__lte=models.F("authorised_minor")),
            ),
            models.CheckConstraint(
                name="simulated_refunded_within_captured",
                condition=Q(refunded_minor__gte=0)
                & Q(refunded_minor__lte=models.F("captured_minor")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class SimulatedEvent(models.Model):
    """What the simulator will do by itself, and when: settle, fail, dispute, or tell of it.

    A job for each finds it when it is due; it is done once.
    """

    id = models.BigAutoField(primary_key=True)
    reference = IdField(db_index=True, help_text="The order that it is about.")
    scenario_id = IdField(blank=True, default="")
    happens = models.CharField(max_length=24)
    facts = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.happens} {self.reference}"


class Scenario(Resource):
    """A script for the simulator: how it treats a payment method, a customer, or everybody."""

    name = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=choices("active", "ended"))
    payment_method_id = IdField(null=True, blank=True)
    customer_id = IdField(null=True, blank=True)
    steps = models.JSONField(default=list)
    seen = models.JSONField(
        default=list, help_text="How many orders fitted each step's `on`, in the order of steps."
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="scenario_account_newest"),
            # Every order asks whether there is one: nearly always there is none.
            models.Index(fields=["id"], name="scenario_active", condition=Q(status="active")),
        ]
        constraints = [
            models.CheckConstraint(
                name="scenario_of_a_method_or_a_customer",
                condition=Q(payment_method_id__isnull=True) | Q(customer_id__isnull=True),
            )
        ]
