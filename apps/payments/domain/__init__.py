"""The states of payments, the moves between them, and the words of processors. Pure."""

from apps.payments.domain.amounts import AmountTooLarge, capture_amount
from apps.payments.domain.attempts import Answer, AttemptKind, AttemptStatus, Order, Outcome
from apps.payments.domain.cards import CardDeclined, check_expiry
from apps.payments.domain.intents import (
    CHANGEABLE,
    NEXT,
    CaptureMethod,
    IllegalMove,
    Move,
    Status,
    next_status,
)
from apps.payments.domain.refunds import AlreadyRefunded, NotRefundable, refund_amount

__all__ = [
    "CHANGEABLE",
    "NEXT",
    "AlreadyRefunded",
    "AmountTooLarge",
    "Answer",
    "AttemptKind",
    "AttemptStatus",
    "CaptureMethod",
    "CardDeclined",
    "IllegalMove",
    "Move",
    "NotRefundable",
    "Order",
    "Outcome",
    "Status",
    "capture_amount",
    "check_expiry",
    "next_status",
    "refund_amount",
]
