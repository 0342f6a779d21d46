"""How a payout looks on the wire."""

from apps.api.registry import ResourceType, Wire
from apps.balances import queries
from apps.balances.models import Payout
from apps.core import context
from apps.core.clock import to_unix


def render_payout(payout: Payout) -> Wire:
    """Return the wire's payout."""
    return {
        "id": payout.id,
        "object": "payout",
        "amount": payout.amount_minor,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": to_unix(payout.arrival_at),
        "automatic": payout.automatic,
        "balance_transaction": payout.balance_transaction_id,
        "created": to_unix(payout.created_at),
        "currency": payout.currency,
        "description": payout.description,
        "destination": payout.destination_id,
        "failure_balance_transaction": payout.failure_balance_transaction_id,
        "failure_code": payout.failure_code,
        "failure_message": payout.failure_message,
        "livemode": context.current().environment.livemode,
        "metadata": payout.metadata,
        "method": payout.method,
        "original_payout": payout.original_payout_id,
        "payout_method": None,
        "reconciliation_status": "completed" if payout.is_reconciled else "not_applicable",
        "reversed_by": payout.reversed_by_id,
        "source_type": payout.source_type,
        "statement_descriptor": payout.statement_descriptor,
        "status": payout.status,
        "trace_id": _trace_id(payout),
        "type": "bank_account",
    }


def _trace_id(payout: Payout) -> Wire:
    """Return by what the receiving bank finds it: known once the bank has taken it on."""
    if payout.trace_id is None:
        return {"status": "pending", "value": None}
    return {"status": "supported", "value": payout.trace_id}


RESOURCES = (
    ResourceType(
        prefix="po",
        name="payout",
        model=Payout,
        render=render_payout,
        find_many=queries.find_payouts,
        expandable={
            "balance_transaction": ("balance_transaction",),
            "destination": ("bank_account",),
            "failure_balance_transaction": ("balance_transaction",),
            "original_payout": ("payout",),
            "reversed_by": ("payout",),
        },
    ),
)
