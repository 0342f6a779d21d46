"""Bank transfers of customers: money that arrives without an order, and pays what waits for it.

What a customer has is with the processor; whom it pays is for the caller to say.
"""

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from apps.core.money import Money
from apps.payments.domain import Answer, Outcome
from apps.payments.models import SimulatedOrder
from apps.payments.processors.simulator import future, memory

# The name of the cash of whichever customer pays.
CASH: Final = "cash"
# What the refund of a payment says of where it goes, if the money stays with the processor.
TO_CASH: Final = "customer_cash_balance"


@transaction.atomic
def receive_transfer(
    reference: str, *, customer: str, money: Money, note: str | None, now: datetime
) -> None:
    """Let a transfer arrive, once, and tell of it.

    :param note: what the customer wrote.
    """
    row, is_new = SimulatedOrder.objects.get_or_create(
        reference=reference,
        defaults={
            "kind": future.FUNDS,
            "amount_minor": money.minor,
            "currency": money.currency,
            "outcome": Outcome.APPROVED.value,
            "facts": {"context": {"customer": customer}, "note": note},
            "created_at": now,
            "changed_at": now,
        },
    )
    if is_new:
        future.tell(row, now=now)


def pay_out_of_cash(charge: SimulatedOrder, *, now: datetime) -> None:
    """Note, at its first refund, that a payment was paid by transfers: the caller has said so."""
    if charge.outcome == Outcome.ACTION:
        charge.authorised_minor = charge.captured_minor = charge.amount_minor
        memory.change(charge, Answer(Outcome.APPROVED), now=now)


def stays_here(row: SimulatedOrder) -> bool:
    """Return whether an order moves money of customers that the processor has, and keeps."""
    facts: dict[str, Any] = row.facts
    return row.token == CASH or facts.get("refund_to") == TO_CASH
