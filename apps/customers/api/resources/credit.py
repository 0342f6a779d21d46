"""How a change of a customer's credit looks on the wire."""

from collections.abc import Iterable

from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.customers.models import CreditTransaction


def render_credit_transaction(made: CreditTransaction) -> Wire:
    """Return the wire's customer_balance_transaction."""
    return {
        "id": made.id,
        "object": "customer_balance_transaction",
        "amount": made.amount_minor,
        "checkout_session": None,
        "created": to_unix(made.created_at),
        "credit_note": None,
        "currency": made.currency,
        "customer": made.customer_id,
        "customer_account": None,
        "description": made.description,
        "ending_balance": made.ending_minor,
        "invoice": None,
        "livemode": context.current().environment.livemode,
        "metadata": made.metadata,
        "type": made.type,
    }


def _find(ids: Iterable[str]) -> dict[str, CreditTransaction]:
    return CreditTransaction.objects.owned().in_bulk(list(ids))


RESOURCES = (
    ResourceType(
        prefix="cbtxn",
        name="customer_balance_transaction",
        model=CreditTransaction,
        render=render_credit_transaction,
        find_many=_find,
        expandable={
            "checkout_session": (),
            "credit_note": (),
            "customer": ("customer",),
            "invoice": (),
        },
    ),
)
