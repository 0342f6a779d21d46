"""Versions of the API: which there are, which one a request speaks, and how answers are shown in
older ones.

All code makes the shape of the current version. An older one is made of it at the door, by the
changes that came since, from the newest to the oldest; each is a module here. Nothing is walked for
a request that speaks a version at or after the newest change.
"""

import re

from apps.api.registry import Wire
from apps.api.versions import (
    v2022_11_15_charges_on_intents,
    v2025_03_31_billing_shapes,
)
from apps.api.versions.change import Change, Found, collect
from apps.core.errors import Invalid

CURRENT = "2026-10-28.endive"
# Newest first.
CHANGES: tuple[Change, ...] = (
    v2025_03_31_billing_shapes.CHANGE,
    v2022_11_15_charges_on_intents.CHANGE,
)
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.[a-z]+)?")
_DATE_LENGTH = len("2022-11-15")
# Of those changes that any object is concerned by.
_NEWEST = max((change.before for change in CHANGES if change.objects), default="")


class InvalidVersion(Invalid):
    """`Stripe-Version` is not a version."""


def check(version: str | None) -> None:
    """Check a `Stripe-Version` header.

    :raises InvalidVersion: it has not the form of a version, or is newer than the current one.
    """
    if version is None:
        return
    if _VERSION.fullmatch(version) is None or version[:_DATE_LENGTH] > CURRENT[:_DATE_LENGTH]:
        raise InvalidVersion(f"Invalid Stripe API version: {version[:40]}")


def resolve(header: str | None, *, of_key: str) -> str:
    """Return the version that a request speaks: its header's, or else its key's.

    :param of_key: empty for a key that was made before versions were kept.
    :raises InvalidVersion: see `check`.
    """
    check(header)
    return header or of_key or CURRENT


def show_in(version: str, shown: Wire) -> None:
    """Turn an answer of the current version into one of `version`, in place.

    The context is the caller's: what is added is theirs to see.
    """
    date = version[:_DATE_LENGTH]
    if not date or date >= _NEWEST:
        return
    found: Found = collect(shown)
    if "event" in found:
        # An event says in which version its object is shown.
        for event in found["event"]:
            event["api_version"] = version
    for change in CHANGES:
        if date < change.before and found.keys() & set(change.objects):
            change.apply(found)


__all__ = ["CHANGES", "CURRENT", "Change", "InvalidVersion", "check", "resolve", "show_in"]
