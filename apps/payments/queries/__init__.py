"""Reads of payments. Everything here is limited to the account of the current context."""

from apps.payments.queries.attempts import find_attempts, has_attempt
from apps.payments.queries.cash import (
    find_cash_transactions,
    find_transfer,
    get_applied,
    get_available_cash,
    get_cash,
    get_cash_balance,
    get_cash_transaction,
    is_cash_automatic,
    list_cash_transactions,
    list_waiting_for_cash,
)
from apps.payments.queries.charges import get_charge, list_charges
from apps.payments.queries.disputes import (
    find_disputes,
    get_dispute,
    get_dispute_of,
    is_contested,
    is_held,
    list_disputes,
    lost_to_disputes,
    with_transactions,
)
from apps.payments.queries.intents import (
    get_payment_intent,
    list_line_items,
    list_payment_intents,
)
from apps.payments.queries.linked import linked_ids
from apps.payments.queries.methods import get_payment_method, list_payment_methods
from apps.payments.queries.refunds import get_refund, list_refunds
from apps.payments.queries.scenarios import get_scenario, list_scenarios
from apps.payments.queries.setup import (
    get_mandate,
    get_setup_intent,
    list_setup_attempts,
    list_setup_intents,
)
from apps.payments.queries.sources import (
    find_source,
    get_source,
    get_token,
    linked_to_sources,
    list_sources,
    order_key,
    page_of_sources,
)
from apps.payments.queries.volumes import Volume, list_volumes

__all__ = [
    "Volume",
    "find_attempts",
    "find_cash_transactions",
    "find_disputes",
    "find_source",
    "find_transfer",
    "get_applied",
    "get_available_cash",
    "get_cash",
    "get_cash_balance",
    "get_cash_transaction",
    "get_charge",
    "get_dispute",
    "get_dispute_of",
    "get_mandate",
    "get_payment_intent",
    "get_payment_method",
    "get_refund",
    "get_scenario",
    "get_setup_intent",
    "get_source",
    "get_token",
    "has_attempt",
    "is_cash_automatic",
    "is_contested",
    "is_held",
    "linked_ids",
    "linked_to_sources",
    "list_cash_transactions",
    "list_charges",
    "list_disputes",
    "list_line_items",
    "list_payment_intents",
    "list_payment_methods",
    "list_refunds",
    "list_scenarios",
    "list_setup_attempts",
    "list_setup_intents",
    "list_sources",
    "list_volumes",
    "list_waiting_for_cash",
    "lost_to_disputes",
    "order_key",
    "page_of_sources",
    "with_transactions",
]
