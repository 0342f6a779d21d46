"""The table that is the memory of the simulator."""

from django.db import models

from apps.core.models import IdField
from apps.payments.domain import Outcome
from apps.payments.models.choices import choices


class SimulatedOrder(models.Model):
    """The memory of the simulator. Nothing but the simulator reads or writes it."""

    reference = IdField(primary_key=True)
    kind = models.CharField(max_length=16)
    original = IdField(blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    outcome = models.CharField(max_length=10, choices=choices(*Outcome))
    code = models.CharField(max_length=64, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    available_at_once = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference
