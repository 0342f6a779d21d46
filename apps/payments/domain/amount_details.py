"""What the amount of a payment is made of: line items, shipping, tax, less a discount.

As JSON the details hold what the wire's parameter of this name does, with an `id` on each line item
and, where the sum is wrong and nobody minds, an `error`.
"""

from dataclasses import dataclass
from typing import Any, Final

from apps.core.errors import Invalid

ENFORCE: Final = "enforce_arithmetic_validation"
MISMATCH: Final = "amount_details_amount_mismatch"
TOO_MUCH: Final = "amount_details_tax_shipping_discount_greater_than_amount"
_MESSAGES: Final = {
    MISMATCH: "The line items, shipping and tax, less the discount, do not add up to the amount.",
    TOO_MUCH: "The shipping, tax or discount is more than the amount.",
}


@dataclass(frozen=True, slots=True)
class LineItem:
    """A line of the details, as it was given."""

    id: str
    given: dict[str, Any]


class AmountMismatch(Invalid):
    """The details do not add up to the amount."""


def checked(details: dict[str, Any], *, amount_minor: int) -> dict[str, Any]:
    """Return the details with the `error` that they have, if it does no harm.

    :raises AmountMismatch: they do not add up, and that is not to be let pass.
    """
    kept = {name: value for name, value in details.items() if name != "error"}
    code = _wrong_with(kept, amount_minor=amount_minor)
    if code is None:
        return kept
    if kept.get(ENFORCE, True):
        raise AmountMismatch(_MESSAGES[code], code=code, param="amount_details")
    return {**kept, "error": {"code": code, "message": _MESSAGES[code]}}


def _wrong_with(details: dict[str, Any], *, amount_minor: int) -> str | None:
    items: list[dict[str, Any]] = details.get("line_items") or []
    shipping = (details.get("shipping") or {}).get("amount") or 0
    tax = _total_tax(details) + sum(_total_tax(item) for item in items)
    discount = _discount(details) + sum(_discount(item) for item in items)
    if not items:
        return TOO_MUCH if max(shipping + tax, discount) > amount_minor else None
    lines = sum(item["quantity"] * item["unit_cost"] for item in items)
    return None if lines + shipping + tax - discount == amount_minor else MISMATCH


def _total_tax(of: dict[str, Any]) -> int:
    return (of.get("tax") or {}).get("total_tax_amount") or 0


def _discount(of: dict[str, Any]) -> int:
    return of.get("discount_amount") or 0
