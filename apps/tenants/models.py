"""Tables of tenants, in `public`."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.models import IdField
from apps.tenants.domain import EnvironmentStatus, FeeSchedule, Kind


class Plan(models.Model):
    """A hosting plan: what a payment costs a tenant, and when its money becomes available."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    fees = models.JSONField(
        help_text="Percent in basis points plus a fixed part in minor units: "
        '{"percent_bps": 290, "fixed_minor": {"usd": 30}}',
    )
    available_after_s = models.PositiveIntegerField(
        default=2 * 86_400,
        help_text="Seconds from a payment to the moment its money can be paid out.",
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def fee_schedule(self) -> FeeSchedule:
        """Return the fees as a value."""
        return FeeSchedule.from_json(self.fees)

    @property
    def available_after(self) -> timedelta:
        """Return how long a payment's money is pending."""
        return timedelta(seconds=self.available_after_s)


class Tenant(models.Model):  # type: ignore[django-manager-missing]  # Environment is not typed
    """A business that is hosted here."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="tenants")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Environment(TenantMixin):  # type: ignore[misc]  # the library is not typed
    """Where a tenant's data lives: one schema. The model that django-tenants switches by."""

    auto_create_schema = False  # the pool makes schemas, ahead of time
    auto_drop_schema = False

    id = IdField(primary_key=True)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, null=True, related_name="environments"
    )
    status = models.CharField(
        max_length=16,
        choices=[(status.value, status.value) for status in EnvironmentStatus],
        default=EnvironmentStatus.POOLED.value,
    )
    kind = models.CharField(
        max_length=16, choices=[(kind.value, kind.value) for kind in Kind], blank=True
    )
    name = models.CharField(max_length=120, blank=True)
    account_id = IdField(blank=True, help_text="The environment's own merchant account.")
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Environment"]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="environment_pooled_or_assigned",
                condition=Q(status="pooled", tenant__isnull=True, kind="", account_id="")
                | (Q(tenant__isnull=False) & ~Q(status="pooled") & ~Q(kind="") & ~Q(account_id="")),
            ),
            models.UniqueConstraint(
                name="environment_one_live_per_tenant",
                fields=["tenant"],
                condition=Q(kind="live"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} – {self.name}" if self.tenant_id else self.schema_name

    @property
    def livemode(self) -> bool:
        """Return whether real money moves here."""
        return bool(self.kind == Kind.LIVE)


class Domain(DomainMixin):  # type: ignore[misc]  # the library is not typed
    """A host name that belongs to one environment. Keys of other environments are refused there."""

    objects: ClassVar[models.Manager["Domain"]] = models.Manager()

    def __str__(self) -> str:
        return str(self.domain)
