"""How much may be refunded."""

from apps.core.errors import Invalid
from apps.core.money import Money
from apps.payments.domain.amounts import AmountTooLarge


class AlreadyRefunded(Invalid):
    """Nothing is left to refund."""

    code = "charge_already_refunded"


class NotRefundable(Invalid):
    """The charge was never captured, or failed."""

    code = "charge_not_refundable"


def refund_amount(asked: int | None, *, captured: Money, refunded: Money) -> Money:
    """Return what to refund: what was asked for, or all that is left.

    :raises NotRefundable: nothing was captured.
    :raises AlreadyRefunded: nothing is left.
    :raises AmountTooLarge: more than is left.
    """
    if not captured:
        raise NotRefundable("This charge was not captured, so there is nothing to refund.")
    left = captured - refunded
    if not left:
        raise AlreadyRefunded("This charge has already been refunded in full.")
    if asked is None:
        return left
    if asked > left.minor:
        raise AmountTooLarge(f"amount is more than the {left} left to refund.", param="amount")
    return Money(asked, left.currency)
