"""The words between FinCloud and a processor: what is ordered, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from apps.core.errors import Invalid
from apps.core.money import Money


class AttemptKind(StrEnum):
    """What a processor is asked to do.

    `setup` authorises nothing, so that the payment method can be charged later; `contest` hands in
    the evidence of a dispute, or gives the dispute up.
    """

    CHARGE = "charge"
    CAPTURE = "capture"
    INCREMENT = "increment"
    VOID = "void"
    REFUND = "refund"
    REFUND_CANCEL = "refund_cancel"
    SETUP = "setup"
    CONTEST = "contest"


class AttemptStatus(StrEnum):
    """How far an attempt has come.

    `open`: the outcome is not recorded yet; the processor may know it. `acting`: the payer has to
    do something first. `pending`: the processor took it on, and says later how it ended.
    `abandoned`: another attempt took its place before it ended.
    """

    OPEN = "open"
    ACTING = "acting"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Outcome(StrEnum):
    """What a processor says of an order. `unknown` is an answer too, and never a guess.

    `action`: the payer has to do something. `pending`: it was taken on, and ends later.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    ACTION = "action"
    PENDING = "pending"
    UNKNOWN = "unknown"


# What an attempt is once the processor has said so.
STATUS_AFTER: Final = {
    Outcome.APPROVED: AttemptStatus.SUCCEEDED,
    Outcome.DECLINED: AttemptStatus.FAILED,
    Outcome.ACTION: AttemptStatus.ACTING,
    Outcome.PENDING: AttemptStatus.PENDING,
}
# The outcome is not known yet, or not the last one: there is something to ask the processor.
UNSETTLED: Final = frozenset({AttemptStatus.OPEN, AttemptStatus.ACTING, AttemptStatus.PENDING})
# These may run beside one another, and beside what is done with the payment.
SIDE_BY_SIDE: Final = frozenset(
    {AttemptKind.REFUND, AttemptKind.REFUND_CANCEL, AttemptKind.CONTEST}
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a processor is asked to do.

    :ivar reference: our attempt's id; the same reference is the same order, however often it is
        sent.
    :ivar token: the processor's name for the payment method (orders of kind `charge` and `setup`).
    :ivar original: the reference of the order that this one is about: the charge that is captured,
        incremented, released or refunded, the refund that is cancelled, the disputed charge.
    :ivar capture: whether an approved charge is captured at once.
    :ivar off_session: the payer is not there to act.
    :ivar is_authenticated: a mandate, or the set-up of the payment method, stands for 3-D Secure.
    :ivar request_three_d_secure: `automatic`, `any` or `challenge`.
    :ivar context: what the order belongs to, by kind: `payment_method`, `customer`.
    :ivar evidence: what is handed in (orders of kind `contest`).
    :ivar submit: whether the evidence goes to the issuer (orders of kind `contest`).
    """

    kind: AttemptKind
    reference: str
    money: Money
    token: str = ""
    original: str = ""
    capture: bool = True
    method_type: str = "card"
    off_session: bool = False
    is_authenticated: bool = False
    request_three_d_secure: str = "automatic"
    context: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    submit: bool = True


# The code of a payment that is declined because its customer failed the challenge.
AUTHENTICATION_FAILED: Final = "payment_intent_authentication_failure"
# Those of a bank account that its customer could not show to be theirs.
DEPOSITS_EXCEEDED: Final = "payment_method_microdeposit_verification_attempts_exceeded"
DEPOSITS_TIMED_OUT: Final = "payment_method_microdeposit_verification_timeout"
# The customer did not prove who they are: nothing was charged, and nothing was tried to be.
NOT_PROVEN: Final = frozenset({AUTHENTICATION_FAILED, DEPOSITS_EXCEEDED, DEPOSITS_TIMED_OUT})
# What the wire calls it where a payment method is set up.
SETUP_AUTHENTICATION_FAILED: Final = "setup_intent_authentication_failure"
# What `Attempt.details` may say of the order; the rest of an order is the attempt itself.
ORDER_DETAILS: Final = (
    "token",
    "original",
    "capture",
    "method_type",
    "off_session",
    "is_authenticated",
    "request_three_d_secure",
    "context",
    "evidence",
    "submit",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a processor said.

    :ivar code: why it declined, as the wire's `code` (`card_declined`, `expired_card`, …).
    :ivar decline_code: the issuer's reason (`insufficient_funds`, …), if it gave one.
    :ivar available_at_once: the processor settles this payment without the usual delay.
    :ivar action: what the payer has to do: `{"type": "redirect", "token": …}`,
        `{"type": "microdeposits"}`, `{"type": "bank_transfer"}`.
    :ivar network: what it tells of the payment, for `payment_method_details`: the authorisation
        code, the result of 3-D Secure, the risk.
    :ivar capture_before: when an authorisation ends that was not captured.
    :ivar sequence: orders the answers to one reference; the first may be 0, each later is higher.
    """

    outcome: Outcome
    code: str = ""
    decline_code: str = ""
    message: str = ""
    available_at_once: bool = False
    action: Mapping[str, str] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    capture_before: datetime | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Notification:
    """What a processor says by itself: that something happened to a reference.

    :ivar id: the processor's; the same notification may come more than once, and late.
    :ivar kind: `order`: ask what became of it; `dispute` and `funds`: `facts` tell.
    :ivar reference: an order's, or the processor's own for a dispute or for funds.
    :ivar sequence: orders the notifications of one reference.
    """

    id: str
    kind: str
    reference: str
    sequence: int
    occurred_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """A line of a processor's report of what it moved.

    :ivar kind: `charge`, `refund`, `refund_failure`, `dispute`, `dispute_reversal`.
    :ivar money: less than 0 if it left.
    :ivar sequence: of a dispute: orders what is said of it, as in a notification.
    :ivar facts: of a dispute: how it stands, as in a notification.
    """

    reference: str
    kind: str
    money: Money
    at: datetime
    sequence: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


class InvalidNotification(Invalid):
    """A notification is not the processor's, was changed on its way, or is too old."""

    code = "invalid_notification"


def is_news(answer: Answer, *, kind: AttemptKind, status: AttemptStatus, sequence: int) -> bool:
    """Return whether `answer` changes an attempt, which may have been answered before.

    Answers overtake each other, and come more than once: after the first, only a higher `sequence`
    counts. What has ended stays so, but for a refund that the bank sends back.

    :param sequence: that of the last answer that was recorded.
    """
    if answer.outcome is Outcome.UNKNOWN:
        return False
    if status is AttemptStatus.OPEN:
        return True
    if answer.sequence <= sequence:
        return False
    if status is AttemptStatus.SUCCEEDED:
        return kind is AttemptKind.REFUND and answer.outcome is Outcome.DECLINED
    return status in UNSETTLED
