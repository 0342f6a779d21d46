"""How a refund looks on the wire."""

from apps.api.registry import ResourceType, Wire
from apps.core.clock import to_unix
from apps.payments.api.resources.shared import CUSTOMER, finder
from apps.payments.models import Refund


def render_refund(refund: Refund) -> Wire:
    """Return the wire's refund. Reads `refund.charge`, which the queries bring along."""
    shown = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount_minor,
        "balance_transaction": refund.balance_transaction_id,
        "charge": refund.charge_id,
        "created": to_unix(refund.created_at),
        "currency": refund.currency,
        "customer": refund.charge.customer_id,
        "customer_account": None,
        "destination_details": refund.destination,
        "metadata": refund.metadata,
        "payment_intent": refund.payment_intent_id,
        "payment_method": refund.charge.payment_method_id,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    sometimes = {
        "failure_balance_transaction": refund.failure_balance_transaction_id,
        "failure_reason": refund.failure_reason,
        "instructions_email": refund.instructions_email,
        "next_action": refund.next_action,
        "pending_reason": refund.pending_reason,
    }
    return shown | {name: value for name, value in sometimes.items() if value is not None}


RESOURCES = (
    ResourceType(
        prefix="re",
        name="refund",
        model=Refund,
        render=render_refund,
        find_many=finder(Refund, "charge"),
        expandable={
            **CUSTOMER,
            "balance_transaction": ("balance_transaction",),
            "charge": ("charge",),
            "failure_balance_transaction": ("balance_transaction",),
            "payment_intent": ("payment_intent",),
            "payment_method": ("payment_method",),
        },
    ),
)
