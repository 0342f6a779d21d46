"""Pages of people and keys. A key is made, rolled, expired and revoked by the services."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.core import clock, columns
from apps.core.admin import DayFilter, ReadOnlyAdmin
from apps.identity import domain
from apps.identity.admin.audit import AuditEntryAdmin
from apps.identity.admin.key_actions import KeyActions
from apps.identity.models import ApiKey, Membership, User

__all__ = ["ApiKeyAdmin", "AuditEntryAdmin", "MembershipAdmin", "UserAdmin"]

# Operators need no groups: what they may do comes with roles.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """People."""

    is_found = True
    list_display = ("email", "name", "is_staff", "is_active", "last_login", "created_at")
    list_filter = ("is_staff", "is_active", ("created_at", DayFilter))
    search_fields = ("email__icontains", "name__icontains")
    search_help_text = "E-mail or name"
    fields = ("email", "name", "is_staff", "is_active", "last_login", "created_at", "tenants")

    @admin.display(description="member of")
    def tenants(self, user: User) -> SafeString | None:
        """Return the tenants that the user belongs to."""
        rows = user.memberships.select_related("tenant").order_by("pk")
        links = [(columns.link_html(columns.url_of(one.tenant), one.tenant),) for one in rows]
        return format_html_join(", ", "{}", links) if links else None


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who belongs to which tenant."""

    list_display = ("user_link", "tenant_link", "role", "created_at")
    list_filter = ("role", ("created_at", DayFilter))
    list_select_related = ("user", "tenant")
    search_fields = ("user__email__icontains", "tenant__name__icontains", "tenant__id__exact")
    search_help_text = "E-mail or tenant"
    fields = ("user", "tenant", "role", "created_at")

    user_link = columns.link("user")
    tenant_link = columns.link("tenant")


@admin.register(ApiKey)
class ApiKeyAdmin(KeyActions):
    """API keys, of all environments."""

    id_prefix = "key"
    is_found = True
    list_display = (
        *("label", "name", "environment_link", "kind", "state", "last_used_at", "expires_at"),
        "created_at",
    )
    list_filter = (
        *("kind", "environment__kind", ("revoked_at", admin.EmptyFieldListFilter)),
        ("created_at", DayFilter),
    )
    list_select_related = ("environment__tenant",)
    search_fields = (
        *("id__startswith", "last4__exact", "name__icontains", "environment__id__exact"),
        "environment__tenant__name__icontains",
    )
    search_help_text = "Id, last four, name, tenant"
    fields = (
        *(("label", "id"), ("name", "environment"), ("kind", "state")),
        *(("last_used_at", "expires_at"), ("revoked_at", "rolled_to")),
        *(("created_at", "created_by"), "api_version", "permissions_json"),
    )

    environment_link = columns.link("environment")
    permissions_json = columns.json_of("permissions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Return the keys with what their page names."""
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        return rows.select_related("environment__tenant", "rolled_to")

    @admin.display(description="key", ordering="last4")
    def label(self, key: ApiKey) -> str:
        """Return what may be seen of the key."""
        return str(key)

    @admin.display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        """Return whether it works, and if not, why."""
        if key.revoked_at is not None:
            word = "revoked"
        elif not domain.is_working(now=clock.now(), expires_at=key.expires_at, revoked_at=None):
            word = "expired"
        else:
            word = "rolled" if key.rolled_to_id else "working"
        return columns.badge_html(word)
