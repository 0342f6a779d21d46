"""The states of payments, the moves between them, and the words of processors. Pure."""

from apps.payments.domain.amounts import AmountTooLarge, capture_amount
from apps.payments.domain.attempts import (
    ORDER_DETAILS,
    SIDE_BY_SIDE,
    STATUS_AFTER,
    UNSETTLED,
    Answer,
    AttemptKind,
    AttemptStatus,
    InvalidNotification,
    Notification,
    Order,
    Outcome,
    Settled,
    is_news,
)
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
    "ORDER_DETAILS",
    "SIDE_BY_SIDE",
    "STATUS_AFTER",
    "UNSETTLED",
    "AlreadyRefunded",
    "AmountTooLarge",
    "Answer",
    "AttemptKind",
    "AttemptStatus",
    "CaptureMethod",
    "CardDeclined",
    "IllegalMove",
    "InvalidNotification",
    "Move",
    "NotRefundable",
    "Notification",
    "Order",
    "Outcome",
    "Settled",
    "Status",
    "capture_amount",
    "check_expiry",
    "is_news",
    "next_status",
    "refund_amount",
]
