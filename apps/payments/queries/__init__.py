"""Reads of payments. Everything here is limited to the account of the current context."""

from apps.payments.queries.attempts import find_attempts, has_attempt
from apps.payments.queries.charges import get_charge, list_charges
from apps.payments.queries.intents import get_payment_intent, list_payment_intents
from apps.payments.queries.linked import linked_ids
from apps.payments.queries.methods import get_payment_method, list_payment_methods
from apps.payments.queries.refunds import get_refund, list_refunds
from apps.payments.queries.volumes import Volume, list_volumes

__all__ = [
    "Volume",
    "find_attempts",
    "get_charge",
    "get_payment_intent",
    "get_payment_method",
    "get_refund",
    "has_attempt",
    "linked_ids",
    "list_charges",
    "list_payment_intents",
    "list_payment_methods",
    "list_refunds",
    "list_volumes",
]
