"""How much may be captured."""

from typing import Final

from apps.core.errors import Invalid
from apps.core.money import Money


class AmountTooLarge(Invalid):
    """More is to be captured or refunded than there is."""

    code = "amount_too_large"


# How often an authorisation is raised at most.
INCREMENTS_MAX: Final = 10


class NoIncrement(Invalid):
    """The authorisation cannot be raised, or not by this."""

    code = "payment_intent_increment_authorization_invalid"


def increment_amount(total: int, *, authorised: Money, captured: Money, increments: int) -> Money:
    """Return what is to be authorised in all.

    :param increments: how often it was tried to raise the authorisation before.
    :raises NoIncrement: it is no more than before, a part was captured, or it was raised too often.
    """
    if captured:
        raise NoIncrement("A part was captured: the authorisation cannot be raised any more.")
    if total <= authorised.minor:
        raise NoIncrement(
            f"amount is the new total: it must be more than the {authorised} authorised.",
            param="amount",
        )
    if increments >= INCREMENTS_MAX:
        raise NoIncrement(f"An authorisation is raised at most {INCREMENTS_MAX} times.")
    return Money(total, authorised.currency)


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
