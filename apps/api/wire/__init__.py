"""What FinCloud knows of the wire as data: the parameters of every operation in scope
(`operations.json`), the objects that they answer with (`objects.json`), and what is out of scope
(`out_of_scope.json`, `scope.py`).

The files are written by `make wire`; nobody edits them.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from apps.api.wire.scope import GROUPS, Group

Spec = dict[str, Any]

_HERE = Path(__file__).parent


@cache
def operations() -> dict[str, Spec]:
    """Return what is taken by each operation in scope, by its name (`POST /v1/refunds`)."""
    read: dict[str, Spec] = json.loads((_HERE / "operations.json").read_text(encoding="utf-8"))
    return read


@cache
def objects() -> dict[str, Spec]:
    """Return the JSON Schemas of what the operations in scope answer with, by `object`."""
    read: dict[str, Spec] = json.loads((_HERE / "objects.json").read_text(encoding="utf-8"))
    return read


@cache
def out_of_scope() -> list[tuple[str, tuple[str, ...], Group]]:
    """Return verb, segments of the path, and group of each operation that is left out."""
    read = json.loads((_HERE / "out_of_scope.json").read_text(encoding="utf-8"))
    return [(verb, tuple(path.split("/")), GROUPS[group]) for verb, path, group in read]


@cache
def _in_scope() -> list[tuple[str, tuple[str, ...]]]:
    named = (name.split(" /v1/") for name in operations())
    return [(verb, tuple(path.split("/"))) for verb, path in named]


def refusal(verb: str, path: str) -> str | None:
    """Return what to say of an operation of the wire that is not there; None: the wire has none.

    :param path: of a request, below `/v1/` (`prices/price_123`); it is not repeated.
    """
    segments = path.split("/")
    for known, template, group in out_of_scope():
        if known == verb and _fits(template, segments):
            return f"{verb} /v1/{'/'.join(template)} is not supported. {group.reason}"
    for known, template in _in_scope():
        if known == verb and _fits(template, segments):
            return f"{verb} /v1/{'/'.join(template)} is not supported yet."
    for group in GROUPS.values():
        if segments[0] in group.prefixes:
            return f"{verb} /v1/{segments[0]} is not supported. {group.reason}"
    return None


def _fits(template: tuple[str, ...], segments: list[str]) -> bool:
    # No id is "search": who searches where there is no search hears that, and not of an id.
    return len(template) == len(segments) and all(
        expected == given or (expected.startswith("{") and given not in ("", "search"))
        for expected, given in zip(template, segments, strict=True)
    )
