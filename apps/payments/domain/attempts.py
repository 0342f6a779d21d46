"""The words between FinCloud and a processor: what is ordered, and what is answered."""

from dataclasses import dataclass
from enum import StrEnum

from apps.core.money import Money


class AttemptKind(StrEnum):
    """What a processor is asked to do."""

    CHARGE = "charge"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class AttemptStatus(StrEnum):
    """`open`: the outcome is not recorded yet; the processor may know it."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Outcome(StrEnum):
    """What a processor says of an order. `unknown` is an answer too, and never a guess."""

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Order:
    """What a processor is asked to do.

    :ivar reference: our attempt's id; the same reference is the same order, however often it is
        sent.
    :ivar token: the processor's name for the payment method (orders of kind `charge`).
    :ivar original: the reference of the charge that a capture, a void or a refund is about.
    :ivar capture: whether an approved charge is captured at once.
    """

    kind: AttemptKind
    reference: str
    money: Money
    token: str = ""
    original: str = ""
    capture: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a processor said.

    :ivar code: why it declined, as the wire's `code` (`card_declined`, `expired_card`, …).
    :ivar decline_code: the issuer's reason (`insufficient_funds`, …), if it gave one.
    :ivar available_at_once: the processor settles this payment without the usual delay.
    """

    outcome: Outcome
    code: str = ""
    decline_code: str = ""
    message: str = ""
    available_at_once: bool = False
