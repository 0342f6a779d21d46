"""How the simulator treats a card or a bank account, said as values. Pure.

`cards` and `banks` list who behaves how; the simulator alone reads it.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Challenge(StrEnum):
    """When the payer has to prove by 3-D Secure that it is them.

    `unless_set_up`: a payment without the payer passes where the card was set up for it before.
    `on_request`: only where the merchant asks for it.
    """

    NEVER = "never"
    ON_REQUEST = "on_request"
    UNLESS_SET_UP = "unless_set_up"
    ALWAYS = "always"


class Happening(StrEnum):
    """What a processor does by itself after an order, and tells of by a notification."""

    SETTLED = "settled"
    LATE_DECLINE = "late_decline"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    INQUIRY = "inquiry"


# A moment is enough to see that something comes later; whoever wants days writes a scenario.
MOMENT: Final = timedelta(seconds=5)
# What is done to a payment once it has succeeded, and not to one that was declined.
OF_SUCCESS: Final = frozenset({Happening.DISPUTE, Happening.INQUIRY})


@dataclass(frozen=True, slots=True)
class Later:
    """What happens after an order.

    :ivar after: how long after it.
    :ivar reason: of a dispute; or the code with which something fails.
    """

    happens: Happening
    after: timedelta = timedelta(0)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How orders end that are about one way to pay.

    :ivar code: the `code` with which it is declined, after its challenge if it has one; empty: it
        is approved.
    :ivar is_pending: the outcome comes later, as a bank's does; `later` says which.
    :ivar later: what happens to a payment.
    :ivar refund_is_pending: a refund is taken on first, and ends by `refund_later`.
    :ivar refund_later: what happens to a refund.
    """

    code: str = ""
    decline_code: str = ""
    challenge: Challenge = Challenge.NEVER
    is_pending: bool = False
    available_at_once: bool = False
    risk_level: str = "normal"
    later: tuple[Later, ...] = ()
    refund_is_pending: bool = False
    refund_later: tuple[Later, ...] = ()

    @property
    def is_simple(self) -> bool:
        """Return whether a payment has ended with the answer: nobody acts, and nothing follows."""
        return not (self.is_pending or self.later or self.challenge != Challenge.NEVER)
