"""Pages of no model: the search over everything, and the trail of an object.

In the search an id leads to its page, or to its trail; the rest leads to a list of what was found.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice import trail
from apps.core import columns, context
from apps.core.admin import EnvironmentAdmin, ReadOnlyAdmin

FOUND_MAX = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one kind."""

    title: str
    rows: list[tuple[str | None, Any]]
    more_url: str | None


def find(request: HttpRequest) -> HttpResponse:
    """Find objects by id, e-mail, last four or name."""
    query = request.GET.get("q", "").strip()
    url = columns.url_of_id(query) or _url_of_trail(query)
    if url is not None:
        return HttpResponseRedirect(url)
    return TemplateResponse(
        request,
        "backoffice/find.html",
        {
            **admin.site.each_context(request),
            "title": "Search",
            "query": query,
            "found": _find_all(request, query) if query else [],
        },
    )


def show_trail(request: HttpRequest, object_id: str) -> HttpResponse:
    """Show everything that hangs together with an object of the chosen environment."""
    here = context.maybe_current()
    page = {**admin.site.each_context(request), "title": "Trail", "object_id": object_id}
    if here is None:
        page["title"] = "Trails"
        return TemplateResponse(request, "backoffice/choose_environment.html", page)
    found = trail.of(object_id, account_id=here.account_id)
    page["trail"] = found
    status = 404 if found is None else 200
    return TemplateResponse(request, "backoffice/trail_page.html", page, status=status)


def _url_of_trail(query: str) -> str | None:
    """Return the page of the trail of an object that has no page of its own."""
    here = context.maybe_current()
    url = trail.url_of_id(query)
    if here is None or url is None or trail.of(query, account_id=here.account_id) is None:
        return None
    return url


def _find_all(request: HttpRequest, query: str) -> list[Found]:
    """Look in every list that takes part; without an environment, in those of the installation."""
    is_inside = context.maybe_current() is not None
    found = [
        _find_in(model_admin, request, query)
        for model_admin in admin.site._registry.values()
        if isinstance(model_admin, ReadOnlyAdmin)
        and model_admin.is_found
        and (is_inside or not isinstance(model_admin, EnvironmentAdmin))
    ]
    return [one for one in found if one.rows]


def _find_in(model_admin: ReadOnlyAdmin, request: HttpRequest, query: str) -> Found:
    rows, _ = model_admin.get_search_results(request, model_admin.get_queryset(request), query)
    first = list(rows.order_by("-pk")[: FOUND_MAX + 1])
    options = model_admin.opts
    url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist", query={"q": query})
    return Found(
        title=str(options.verbose_name_plural),
        rows=[(columns.url_of(one), one) for one in first[:FOUND_MAX]],
        more_url=url if len(first) > FOUND_MAX else None,
    )
