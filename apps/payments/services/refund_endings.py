"""What ends a refund besides the processor: in a sandbox, its time can be let run out."""

from datetime import datetime

from apps.core import context
from apps.core.errors import Invalid
from apps.payments import domain, queries
from apps.payments.domain import AttemptKind, RefundStatus
from apps.payments.models import Refund
from apps.payments.processors import simulator
from apps.payments.services import attempts

EXPIRED = "expired_or_canceled_card"


def expire_refund(*, refund_id: str, now: datetime) -> Refund:
    """Let the time run out in which a payer can say where their money goes; the refund fails.

    :raises Invalid: the environment is live, where only time itself runs out.
    :raises IllegalRefundMove: the refund waits for nobody.
    """
    if context.current().environment.livemode:
        raise Invalid("Only a refund of a sandbox can be expired.", code="livemode_mismatch")
    refund = queries.get_refund(refund_id)
    if refund.status != RefundStatus.REQUIRES_ACTION:
        raise domain.IllegalRefundMove(
            f"This refund cannot expire: its status is {refund.status}.",
        )
    attempt = refund.attempts.get(kind=AttemptKind.REFUND)
    answer = simulator.expire_refund(attempt.id, code=EXPIRED, now=now)
    expired: Refund = attempts.settle(attempt, answer=answer, now=now)
    return expired
