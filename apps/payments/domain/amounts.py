"""How much may be captured."""

from apps.core.errors import Invalid
from apps.core.money import Money


class AmountTooLarge(Invalid):
    """More is to be captured or refunded than there is."""

    code = "amount_too_large"


def capture_amount(asked: int | None, *, capturable: Money) -> Money:
    """Return what to capture: what was asked for, or all.

    :raises AmountTooLarge: more than was authorised.
    """
    if asked is None:
        return capturable
    if asked > capturable.minor:
        raise AmountTooLarge(
            f"amount_to_capture is more than the {capturable} that can be captured.",
            param="amount_to_capture",
        )
    return Money(asked, capturable.currency)
