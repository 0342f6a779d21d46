"""The tree of accounts: by the parts of their codes, each branch with what it has together."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from apps.core.admin import EnvironmentAdmin, in_environment
from apps.ledger.domain import Kind
from apps.ledger.domain.chart import CODE_LENGTH
from apps.ledger.domain.tree import SEPARATOR
from apps.ledger.queries import tree

# "Assets", as people call them all.
TITLES = {
    Kind.ASSET: "Assets",
    Kind.LIABILITY: "Liabilities",
    Kind.EQUITY: "Equity",
    Kind.REVENUE: "Revenue",
    Kind.EXPENSE: "Expenses",
}


class TreePages(EnvironmentAdmin):
    """The page of the tree, and the piece of a page that is one level of it."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of the tree beside those of the list."""
        view = self.admin_site.admin_view
        return [
            path("tree/", view(self.tree_view), name="ledger_ledgeraccount_tree"),
            path("tree/level/", view(self.level_view), name="ledger_ledgeraccount_level"),
            *super().get_urls(),
        ]

    @in_environment
    def tree_view(self, request: HttpRequest) -> HttpResponse:
        """Show the whole tree, or a branch of it: large branches are read when they are opened."""
        kind, start, after = _wanted(request)
        totals = tree.read_kinds()
        kinds = [kind] if kind else [one for one in Kind if totals[one].count]
        page = {
            **self.admin_site.each_context(request),
            "title": "Accounts",
            "start": start,
            "is_part": kind is not None,
            "kinds": [
                {
                    "kind": one,
                    "title": TITLES[one],
                    "total": totals[one],
                    "level": tree.read_level(kind=one, start=start, after=after),
                }
                for one in kinds
            ],
            "list_url": reverse("admin:ledger_ledgeraccount_changelist"),
        }
        return TemplateResponse(request, "ledger/tree.html", page)

    @in_environment
    def level_view(self, request: HttpRequest) -> HttpResponse:
        """Return one level of the tree, to be put into the page."""
        kind, start, after = _wanted(request)
        level = tree.read_level(kind=kind or Kind.ASSET, start=start, after=after)
        more: dict[str, Any] = {"level": level, "kind": kind, "start": start}
        return TemplateResponse(request, "ledger/level.html", more)


def _wanted(request: HttpRequest) -> tuple[Kind | None, str, str]:
    """Return the kind, how codes begin, the code to go on after; without sense, it is the root."""
    kind, start, after = (request.GET.get(name, "") for name in ("kind", "start", "after"))
    if kind not in list(Kind) or (start and not start.endswith(SEPARATOR)):
        return None, "", ""
    return Kind(kind), start[:CODE_LENGTH], after[:CODE_LENGTH]
