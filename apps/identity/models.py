"""Tables of people and keys, in `public`."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from apps.core.models import IdField
from apps.identity.domain import KeyKind, Role


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address, as Django's commands expect it."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; without a password no one can sign in as them."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an operator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Operators have `is_staff`; others belong to tenants by a membership."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_staff = models.BooleanField("operator", default=False)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """A user's role in a tenant."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_once", fields=["user", "tenant"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role} of {self.tenant})"


class ApiKey(models.Model):
    """A key of an environment. Only its keyed hash, its prefix and its last four are kept."""

    id = IdField(primary_key=True)
    environment = models.ForeignKey(
        "tenants.Environment", on_delete=models.CASCADE, related_name="api_keys"
    )
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in KeyKind])
    name = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=16)
    last4 = models.CharField(max_length=4)
    permissions = models.JSONField(
        default=list,
        blank=True,
        help_text='What a restricted key may do: ["customers:read", "payment_intents:write"].',
    )
    api_version = models.CharField(
        max_length=40,
        blank=True,
        default="",
        help_text="Of answers to requests that name none; empty: the current one.",
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    rolled_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="rolled_from"
    )

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last4}"


class AuditEntry(models.Model):
    """Something that a person, a key or the system changed, and why. It is never changed itself."""

    id = IdField(primary_key=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=80, help_text="`operator:<id>`, `key:<id>` or `system`.")
    environment_id = IdField(null=True, blank=True, help_text="Null: the whole installation.")
    action = models.CharField(max_length=80, help_text="`ledger.period.reopened`")
    object_id = IdField(blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True, default="")

    outlives_environments = True
    """What was done is known when the environment is gone (see `tenants.drop_environment`)."""

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["environment_id", "id"], name="auditentry_environment"),
            models.Index(fields=["object_id"], name="auditentry_object"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_id}"
