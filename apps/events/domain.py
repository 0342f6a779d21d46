"""What an update changed. Pure."""

from typing import Any

Wire = dict[str, Any]


def previous_attributes(before: Wire, after: Wire) -> Wire:
    """Return what `before` said where `after` says something else.

    Nested objects are compared key by key, lists as a whole. A key that is new was None before.
    """
    changed: Wire = {}
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            inner = previous_attributes(old, new)
            if inner:
                changed[key] = inner
        elif old != new:
            changed[key] = old
    return changed
