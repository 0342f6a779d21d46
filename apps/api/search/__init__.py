"""Search: the query language of the wire, compiled to conditions on a room's own rows.

A room says which fields of its objects can be searched (`fields`), and makes a view of them
(`views.SearchView`).
"""

from apps.api.search.fields import (
    Field,
    Flag,
    Id,
    JsonNumber,
    JsonText,
    Metadata,
    Number,
    Text,
    Time,
)
from apps.api.search.grammar import InvalidQuery, parse
from apps.api.search.paging import search
from apps.api.search.views import SearchView

__all__ = [
    "Field",
    "Flag",
    "Id",
    "InvalidQuery",
    "JsonNumber",
    "JsonText",
    "Metadata",
    "Number",
    "SearchView",
    "Text",
    "Time",
    "parse",
    "search",
]
