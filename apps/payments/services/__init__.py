"""Use cases of payments: the only place with transactions.

`intents` and `refunds` claim; `attempts` calls the processor and records; `methods` keeps ways to
pay.
"""

from apps.payments.services.attempts import enquire
from apps.payments.services.intents import (
    cancel_payment_intent,
    capture_payment_intent,
    confirm_payment_intent,
    create_payment_intent,
    update_payment_intent,
)
from apps.payments.services.methods import (
    attach_payment_method,
    create_payment_method,
    detach_payment_method,
    update_payment_method,
)
from apps.payments.services.refunds import create_refund, update_refund

__all__ = [
    "attach_payment_method",
    "cancel_payment_intent",
    "capture_payment_intent",
    "confirm_payment_intent",
    "create_payment_intent",
    "create_payment_method",
    "create_refund",
    "detach_payment_method",
    "enquire",
    "update_payment_intent",
    "update_payment_method",
    "update_refund",
]
