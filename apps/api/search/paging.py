"""Pages of a search: newest first, continued by a cursor that only we can make."""

import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

from django.core import signing
from django.db.models import QuerySet

from apps.api.paging import SearchPage, window
from apps.api.search.fields import Field, condition_of
from apps.api.search.grammar import parse
from apps.core.errors import Invalid
from apps.core.models import Resource

COUNTED_MAX = 10_000
_SALT = "fincloud.search"
R = TypeVar("R", bound=Resource)


class InvalidPage(Invalid):
    """`page` is not what a search with this query has given."""


def search(
    rows: QuerySet[R], params: Mapping[str, Any], fields: Mapping[str, Field], *, is_counted: bool
) -> SearchPage:
    """Return a page of those of `rows` (already the caller's) that a query asks for.

    :param params: `query`, and perhaps `limit` and `page`.
    :param is_counted: whether to say how many there are.
    :raises InvalidQuery: the query cannot be read, or a field cannot be searched so.
    :raises InvalidPage: the cursor is not of this query.
    """
    asked = window(dict(params))
    found = rows.filter(condition_of(parse(params["query"]), fields)).order_by("-id")
    total = found[:COUNTED_MAX].count() if is_counted else None
    after = _read(params.get("page"), query=params["query"])
    if after is not None:
        found = found.filter(id__lt=after)
    page = list(found[: asked.limit + 1])
    kept, is_over = page[: asked.limit], len(page) > asked.limit
    next_page = _cursor(kept[-1].id, query=params["query"]) if is_over else None
    return SearchPage(kept, next_page=next_page, total_count=total)


def _cursor(after: str, *, query: str) -> str:
    return signing.dumps([after, _digest(query)], salt=_SALT)


def _read(cursor: str | None, *, query: str) -> str | None:
    if cursor is None:
        return None
    try:
        after, digest = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature as error:
        raise InvalidPage("No search has given this page.", param="page") from error
    if digest != _digest(query):
        raise InvalidPage("This page was given by a search with another query.", param="page")
    return str(after)


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
