"""The base of the views that search."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet

from apps.api.paging import SearchPage
from apps.api.search.fields import Field
from apps.api.search.paging import search
from apps.api.views import WireView

TOTAL_COUNT = "total_count"


class SearchView(WireView):
    """Search among objects of one kind: a subclass says which, and by which fields."""

    fields: ClassVar[Mapping[str, Field]]

    _is_counted = False

    def rows(self) -> QuerySet[Any]:
        """Return the objects of the caller's account that are searched."""
        raise NotImplementedError

    def get(self) -> SearchPage:
        return search(self.rows(), self.params, self.fields, is_counted=self._is_counted)

    def take_expand(self) -> list[str]:
        """Return what is to be expanded; the count of all is no property of what was found."""
        asked = super().take_expand()
        self._is_counted = TOTAL_COUNT in asked
        return [path for path in asked if path != TOTAL_COUNT]
