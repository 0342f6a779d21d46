"""What a change of the API is, and how the objects that it is about are found in an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.api.registry import Wire

Found = dict[str, list[Wire]]
"""The objects of an answer, at any depth, by their `object`."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the API, and the way back from it.

    :ivar before: versions older than this date are shown the old shape.
    :ivar about: what changed, for the documents.
    :ivar objects: what it is about, by `object`.
    :ivar apply: gives the objects their old shape, in place; with one query for all of them at
        most. What it adds, it adds to `Found` too: a change from before it may be about that.
    """

    before: str
    about: str
    objects: tuple[str, ...]
    apply: Callable[[Found], None]


def collect(shown: Wire) -> Found:
    """Return the objects in an answer, at any depth."""
    found: Found = {}
    _collect(shown, found)
    return found


def _collect(value: Any, found: Found) -> None:
    if isinstance(value, dict):
        name = value.get("object")
        if isinstance(name, str):
            found.setdefault(name, []).append(value)
        for inner in value.values():
            _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)
