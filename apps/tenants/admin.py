"""Pages of tenants, their plans, environments and domains."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DayFilter, ReadOnlyAdmin
from apps.core.money import Money
from apps.tenants.models import Domain, Environment, Plan, Tenant


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    """What a payment costs."""

    id_prefix = "plan"
    list_display = ("name", "id", "percentage", "fixed_fees", "available_after", "tenant_count")
    search_fields = ("id__startswith", "name__icontains")
    search_help_text = "Id or name"
    fields = ("id", "name", "percentage", "fixed_fees", "available_after", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        """Return the plans with the number of their tenants."""
        rows: QuerySet[Plan] = super().get_queryset(request)
        return rows.annotate(tenant_count=Count("tenants"))

    @admin.display(description="percentage")
    def percentage(self, plan: Plan) -> str:
        """Return the part of a payment: `2.90 %`."""
        whole, hundredths = divmod(plan.fee_schedule.percent_bps, 100)
        return f"{whole}.{hundredths:02} %"

    @admin.display(description="fixed fee")
    def fixed_fees(self, plan: Plan) -> str:
        """Return the part that does not depend on the amount, by currency."""
        fixed = plan.fee_schedule.fixed_minor
        return ", ".join(str(Money(minor, currency)) for currency, minor in sorted(fixed.items()))

    @admin.display(description="money available after", ordering="available_after_s")
    def available_after(self, plan: Plan) -> str:
        """Return how long a payment's money is pending."""
        return columns.duration(plan.available_after / timedelta(seconds=1))

    @admin.display(description="tenants", ordering="tenant_count")
    def tenant_count(self, plan: Any) -> int:
        """Return how many tenants have the plan."""
        return int(plan.tenant_count)


@admin.register(Tenant)
class TenantAdmin(ReadOnlyAdmin):
    """The businesses that are hosted here."""

    id_prefix = "ten"
    is_found = True
    list_display = ("name", "id", "slug", "plan_link", "environment_count", "created_at")
    list_filter = ("plan", ("created_at", DayFilter))
    list_select_related = ("plan",)
    search_fields = ("id__startswith", "name__icontains", "slug__icontains")
    search_help_text = "Id or name"
    fields = ("id", "name", "slug", "plan", "created_at", "environment_links", "member_link")

    plan_link = columns.link("plan")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Return the tenants with the number of their environments."""
        rows: QuerySet[Tenant] = super().get_queryset(request)
        return rows.annotate(environment_count=Count("environments"))

    @admin.display(description="environments", ordering="environment_count")
    def environment_count(self, tenant: Any) -> int:
        """Return how many environments the tenant has."""
        return int(tenant.environment_count)

    @admin.display(description="environments")
    def environment_links(self, tenant: Tenant) -> SafeString:
        """Return a link to each environment."""
        links = SafeString()
        for one in tenant.environments.order_by("created_at", "id"):
            page = columns.link_html(columns.url_of(one), one.name or one.id)
            links += format_html("<div>{} {}</div>", page, columns.badge_html(one.kind))
        return links

    @admin.display(description="members")
    def member_link(self, tenant: Tenant) -> SafeString:
        """Return a link to the people of the tenant."""
        url = reverse("admin:identity_membership_changelist")
        count = tenant.memberships.count()
        text = "1 person" if count == 1 else f"{count} people"
        return columns.link_html(f"{url}?tenant__id__exact={tenant.pk}", text)


@admin.register(Environment)
class EnvironmentsAdmin(ReadOnlyAdmin):
    """The environments, and the schemas that wait for a tenant."""

    id_prefix = "env"
    is_found = True
    list_display = (
        "label",
        "id",
        "tenant_link",
        "kind_badge",
        "status_badge",
        "work",
        "created_at",
    )
    list_filter = ("kind", "status", ("created_at", DayFilter))
    list_select_related = ("tenant",)
    search_fields = (
        "id__startswith",
        "account_id__exact",
        "tenant__name__icontains",
        "name__icontains",
    )
    search_help_text = "Id, merchant account or tenant"
    fields = (
        *("id", "name", "tenant", "kind_badge", "status_badge", "account_id", "schema_name"),
        *("created_at", "work", "keys"),
    )

    tenant_link = columns.link("tenant")
    kind_badge = columns.badge("kind")
    status_badge = columns.badge("status")

    @admin.display(description="name", ordering="name")
    def label(self, environment: Environment) -> str:
        """Return its name, or, in the pool, that of its schema."""
        return str(environment.name or environment.schema_name)

    @admin.display(description="data")
    def work(self, environment: Environment) -> SafeString | None:
        """Return a link that makes the environment the chosen one."""
        if environment.tenant_id is None:
            return None
        url = f"{reverse('admin:index')}?environment={environment.pk}"
        return columns.link_html(url, "Work in it")

    @admin.display(description="API keys")
    def keys(self, environment: Environment) -> SafeString:
        """Return a link to the keys."""
        url = reverse("admin:identity_apikey_changelist")
        return columns.link_html(f"{url}?environment__id__exact={environment.pk}", "Show the keys")


@admin.register(Domain)
class DomainAdmin(ReadOnlyAdmin):
    """Host names that belong to environments."""

    list_display = ("domain", "environment", "is_primary")
    list_select_related = ("tenant__tenant",)
    search_fields = ("domain__icontains",)
    search_help_text = "Host name"
    fields = ("domain", "environment", "is_primary")

    environment = columns.link("tenant", "environment")
