"""From a result to the bytes of an answer."""

import json
from typing import Any

from apps.api import registry, versions
from apps.api.paging import Page, SearchPage
from apps.core import context


def to_wire(result: Any, expand: list[str], *, url: str = "") -> registry.Wire:
    """Return the wire's object for what a use case returned: an instance, a page, or a dict.

    :param url: the path of the list, for a page.
    """
    if isinstance(result, Page):
        shown = {
            "object": "list",
            "data": [registry.render(row) for row in result.rows],
            "has_more": result.has_more,
            "url": url,
        }
        if isinstance(result, SearchPage):
            shown |= {"object": "search_result", "next_page": result.next_page}
            if result.total_count is not None:
                shown["total_count"] = result.total_count
    elif isinstance(result, dict):
        shown = result
    else:
        visible = registry.show(result)
        assert visible is not None, "A view for browsers returns what a browser may see."
        shown = visible
    registry.expand(shown, expand)
    here = context.maybe_current()
    if here is not None:
        versions.show_in(here.api_version, shown)
    return shown


def to_bytes(result: Any, expand: list[str], *, url: str = "") -> bytes:
    """Return the body of the answer."""
    return json.dumps(to_wire(result, expand, url=url)).encode()
