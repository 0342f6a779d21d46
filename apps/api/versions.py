"""Versions of the API: which a request may name. The shape is the current one's."""

import re

from apps.core.errors import Invalid

CURRENT = "2026-10-28.endive"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.[a-z]+)?")


class InvalidVersion(Invalid):
    """`Stripe-Version` is not a version."""


def check(version: str | None) -> None:
    """Check a `Stripe-Version` header.

    :raises InvalidVersion: it has not the form of a version, or is newer than the current one.
    """
    if version is None:
        return
    if _VERSION.fullmatch(version) is None or version[:10] > CURRENT[:10]:
        raise InvalidVersion(f"Invalid Stripe API version: {version[:40]}")
