"""The audit trail: who changed what, when and why."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import TextFilter

from apps.core import columns, context
from apps.core.admin import DayFilter, ReadOnlyAdmin
from apps.identity import queries
from apps.identity.models import AuditEntry
from apps.tenants import queries as tenants


class WhereFilter(admin.SimpleListFilter):
    """What was done in the chosen environment, or to the installation as a whole."""

    title = "environment"
    parameter_name = "where"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        """Return what there is to choose. Another environment is found by its id."""
        here = context.maybe_current()
        chosen = [("here", str(here.environment))] if here else []
        return [*chosen, ("installation", "The installation")]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what was chosen."""
        here = context.maybe_current()
        if self.value() == "here" and here is not None:
            return rows.filter(environment_id=here.environment.id)
        return rows.filter(environment_id=None) if self.value() == "installation" else rows


class WhoFilter(TextFilter):  # type: ignore[misc]  # the library is not typed
    """Who acted: an operator by a part of the e-mail address, anybody as the trail names them."""

    title = "who acted"
    parameter_name = "who"

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what they did."""
        who = (self.value() or "").strip()
        return rows.filter(actor__icontains=who) if who else rows


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """What people and keys changed. Nobody changes it."""

    id_prefix = "aud"
    list_display = ("at", "what", "who", "object_link", "environment", "reason_short")
    list_display_links = ("at",)
    list_filter = (WhereFilter, "action", WhoFilter, ("at", DayFilter))
    search_fields = ("id__exact", "object_id__exact", "environment_id__exact", "request_id__exact")
    search_help_text = "Id of an object, an environment or a request"
    fields = (
        *(("at", "what"), ("who", "object_link"), "reason"),
        *("changes", ("environment", "request_id"), "id"),
    )

    reason_short = columns.short("reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return the entries with the names of those who acted."""
        rows: QuerySet[AuditEntry] = super().get_queryset(request)
        there = tenants.list_environments().filter(pk=OuterRef("environment_id"))
        name = there.values(label=Concat("tenant__name", Value(" – "), "name"))
        return rows.annotate(actor=queries.actor("by"), environment_name=Subquery(name))

    @admin.display(description="action", ordering="action")
    def what(self, entry: AuditEntry) -> str:
        """Return what was done, in words."""
        return entry.action.replace(".", " ").replace("_", " ")

    @admin.display(description="by", ordering="by")
    def who(self, entry: Any) -> SafeString:
        """Return who acted."""
        if entry.actor == entry.by:
            return format_html("{}", entry.by)
        return format_html('{} <span class="fc-faint">{}</span>', entry.actor, entry.by)

    @admin.display(description="what changed")
    def changes(self, entry: AuditEntry) -> SafeString | None:
        """Return what was before and what is after, field by field."""
        return columns.changes_html(entry.before, entry.after, environment_id=entry.environment_id)

    @admin.display(description="object", ordering="object_id")
    def object_link(self, entry: AuditEntry) -> SafeString | None:
        """Return a link to what was changed, in its environment."""
        if not entry.object_id:
            return None
        url = columns.url_of_id(entry.object_id, environment_id=entry.environment_id)
        return columns.link_html(url, entry.object_id)

    @admin.display(description="environment", ordering="environment_id")
    def environment(self, entry: Any) -> SafeString | str:
        """Return a link to the environment; one that is gone is told by its id."""
        if entry.environment_id is None:
            return "The installation"
        if entry.environment_name is None:
            return str(entry.environment_id)
        url = columns.url_of_id(entry.environment_id)
        return columns.link_html(url, entry.environment_name)
