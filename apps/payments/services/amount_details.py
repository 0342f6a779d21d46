"""The details of a payment's amount: kept with ids for the line items."""

from typing import Any

from apps.api.params import InvalidParameter
from apps.core import ids
from apps.payments.domain.amount_details import checked

BOTH_MESSAGE = "Give it for the whole, or for the line items: not for both."


def merged(
    present: dict[str, Any] | None, *, given: dict[str, Any] | None, amount_minor: int
) -> dict[str, Any] | None:
    """Return `present` with what is `given`; None for a part removes it, None at all removes all.

    :param amount_minor: what the details have to add up to.
    :raises AmountMismatch: they do not.
    :raises InvalidParameter: a tax or a discount is given twice.
    """
    if given is None:
        return None
    parts = dict(given)
    if parts.get("line_items"):
        parts["line_items"] = [{**item, "id": ids.new_id("uli")} for item in parts["line_items"]]
    details = {name: value for name, value in {**(present or {}), **parts}.items() if value != {}}
    details = {name: value for name, value in details.items() if value is not None}
    for name in ("tax", "discount_amount"):
        if name in details and any(name in item for item in details.get("line_items", ())):
            raise InvalidParameter(BOTH_MESSAGE, param=f"amount_details[{name}]")
    return checked(details, amount_minor=amount_minor) or None
