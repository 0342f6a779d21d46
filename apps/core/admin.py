"""The base classes of the admin's pages, and the page of jobs.

Operators look; what they change goes through services, by actions. So nothing here can be added,
edited or deleted, whatever permissions a user has.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str
from unfold.views import ChangeList

from apps.core import columns, context
from apps.core.models import Job

View = Callable[..., HttpResponse]


class DayFilter(RangeDateFilter):  # type: ignore[misc]  # the library is not typed
    """From a day to a day, both whole days of UTC."""

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what lies between the days; what is no day is passed over."""
        first = self._instant("from", time.min)
        last = self._instant("to", time.max)
        if first is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": first})
        if last is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lte": last})
        return queryset

    def _instant(self, side: str, of_day: time) -> datetime | None:
        day = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{side}") or "")
        return day and datetime.combine(day, of_day, tzinfo=UTC)


# The filter that most lists have.
DAYS = ("created_at", DayFilter)


class BoundedPaginator(Paginator[Any]):
    """Counts no further than people turn pages: a list of millions opens as fast as a short one."""

    count_max = 10_000

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, or `count_max` if there are more."""
        return min(self._found, self.count_max)

    @property
    def is_cut(self) -> bool:
        """Return whether there are more rows than are counted."""
        return self._found > self.count_max

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet), "The lists of the admin are querysets."
        return rows.order_by().values("pk")[: self.count_max + 1].count()


class BoundedList(ChangeList):  # type: ignore[misc]  # the library is not typed
    """A list that does not count everything once more to say how much a filter leaves out."""

    def get_results(self, request: HttpRequest) -> None:
        """Read a page of the list."""
        super().get_results(request)
        if not self.has_active_filters and not self.query:
            self.full_result_count = self.result_count


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # the library is not typed
    """Lists and pages that nobody can write to."""

    id_prefix: str | None = None
    """What the ids of these objects begin with: such an id, anywhere, is a link to its page."""
    is_found = False
    """Whether the search over everything looks here too."""

    actions = None
    compressed_fields = True
    list_filter_submit = True
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    ordering: Sequence[str] = ("-pk",)
    change_form_template = "backoffice/read_only.html"
    has_history = False
    """Whether actions leave a trace on the page's history."""
    empty_value_display = "–"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show an object."""
        more = {"show_history": self.has_history, **(extra_context or {})}
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, more)
        return answer

    def get_changelist(self, _request: HttpRequest, **_: Any) -> type[BoundedList]:
        """Return what makes the list."""
        return BoundedList

    def has_view_permission(self, request: HttpRequest, _object: Model | None = None) -> bool:
        """Say whether the user may look: every operator may."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Say whether the user sees the app at all."""
        return self.has_view_permission(request)

    def has_add_permission(self, _request: HttpRequest, _object: Model | None = None) -> bool:
        """Refuse: objects are made by services."""
        return False

    def has_change_permission(self, _request: HttpRequest, _object: Model | None = None) -> bool:
        """Refuse: objects change by services."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _object: Model | None = None) -> bool:
        """Refuse: nothing is deleted here."""
        return False


def in_environment(view: View) -> View:
    """Show a choice of environments instead of `view` while none is chosen."""

    @wraps(view)
    def guarded(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if context.maybe_current() is not None or not self.has_view_permission(request):
            return view(self, request, *args, **kwargs)
        title = str(self.opts.verbose_name_plural).capitalize()
        return TemplateResponse(
            request,
            "backoffice/choose_environment.html",
            {**self.admin_site.each_context(request), "title": title},
        )

    return guarded


class EnvironmentAdmin(ReadOnlyAdmin):
    """Pages of what belongs to one environment: the one that the operator has chosen."""

    environment_field: str | None = None
    """Where a table of `public` has the environment's id; None: the table is in its schema."""

    changelist_view = in_environment(ReadOnlyAdmin.changelist_view)
    changeform_view = in_environment(ReadOnlyAdmin.changeform_view)
    delete_view = in_environment(ReadOnlyAdmin.delete_view)
    history_view = in_environment(ReadOnlyAdmin.history_view)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return what belongs to the chosen environment."""
        rows: QuerySet[Any] = super().get_queryset(request)
        if self.environment_field is None:
            return rows
        return rows.filter(**{self.environment_field: context.current().environment.id})


@admin.register(Job)
class JobAdmin(EnvironmentAdmin):
    """Jobs of the environment, and those that serve all of them."""

    list_display = ("key", "task", "due_at", "attempts", "error")
    list_filter = ("task", ("due_at", DayFilter))
    search_fields = ("key__icontains",)
    search_help_text = "Key of a job"
    ordering = ("due_at",)
    fields = ("key", "task", "parameters", "due_at", "attempts", "last_error", "environment")

    error = columns.short("last_error")
    parameters = columns.json_of("kwargs", "parameters")
    environment = columns.id_link("environment_id", "environment")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Return the jobs of the environment, and those of no environment."""
        here = context.current().environment.id
        rows: QuerySet[Job] = ReadOnlyAdmin.get_queryset(self, request)
        return rows.filter(Q(environment_id=here) | Q(environment_id=None))
