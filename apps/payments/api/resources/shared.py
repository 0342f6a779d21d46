"""What several objects show alike."""

from collections.abc import Iterable
from typing import Any

from apps.api.registry import Wire
from apps.core import context
from apps.core.models import Resource

NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
NO_BILLING_DETAILS = {
    "address": NO_ADDRESS,
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
CUSTOMER = {"customer": ("customer",)}


def billing_details(given: dict[str, Any]) -> Wire:
    """Return billing details with all the keys that the wire has."""
    address = {**NO_ADDRESS, **(given.get("address") or {})}
    return {**NO_BILLING_DETAILS, **given, "address": address}


def without_metadata(shown: Wire) -> Wire:
    """Return an object without the merchant's own notes."""
    return {name: value for name, value in shown.items() if name != "metadata"}


def without_empty(error: dict[str, Any] | None) -> Wire | None:
    """Return the last error of an intent without the fields that say nothing."""
    if error is None:
        return None
    return {name: value for name, value in error.items() if value is not None}


def public_error(error: Wire | None) -> Wire | None:
    """Return the last error of an intent as a browser may see it."""
    if error is None:
        return None
    return {**error, "payment_method": without_metadata(error["payment_method"])}


def livemode() -> bool:
    """Return whether the current environment moves real money."""
    return context.current().environment.livemode


def finder(model: type[Resource], *related: str) -> Any:
    """Return the function that finds many objects of `model` at once, with what they refer to."""

    def find(ids: Iterable[str]) -> dict[str, Any]:
        rows = model.objects.owned().select_related(*related)
        found: dict[str, Any] = rows.in_bulk(list(ids))
        return found

    return find
