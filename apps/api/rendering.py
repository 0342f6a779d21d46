"""From a result to the bytes of an answer."""

import json
from typing import Any

from apps.api import registry
from apps.api.paging import Page


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
    elif isinstance(result, dict):
        shown = result
    else:
        visible = registry.show(result)
        assert visible is not None, "A view for browsers returns what a browser may see."
        shown = visible
    registry.expand(shown, expand)
    return shown


def to_bytes(result: Any, expand: list[str], *, url: str = "") -> bytes:
    """Return the body of the answer."""
    return json.dumps(to_wire(result, expand, url=url)).encode()
