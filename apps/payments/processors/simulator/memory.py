"""What the simulator remembers: a row for each order, and sums on the order that others are about.

Everything here commits by itself, as a processor elsewhere would.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection

from apps.payments.domain import Answer, AttemptKind, Order, Outcome
from apps.payments.models import SimulatedOrder
from apps.payments.processors.behaviours import Behaviour
from apps.payments.processors.simulator.deciding import network, refuse

# One statement for nearly every payment: the order is remembered where no scenario may have a say
# in it, and where it did not come before. Whoever gets no row back looks closer.
_REMEMBER = """
    INSERT INTO payments_simulatedorder
        (reference, kind, original, token, amount_minor, authorised_minor, captured_minor,
         refunded_minor, currency, is_captured_at_once, outcome, code, decline_code,
         available_at_once, facts, sequence, created_at, changed_at)
    SELECT %(reference)s, %(kind)s, %(original)s, %(token)s, %(amount)s, %(authorised)s,
           %(captured)s, 0, %(currency)s, %(at_once)s, %(outcome)s, %(code)s, %(decline_code)s,
           %(available_at_once)s, %(facts)s, 0, %(now)s, %(now)s
    WHERE %(is_scripted)s
       OR NOT EXISTS (SELECT FROM payments_scenario WHERE status = 'active')
    ON CONFLICT (reference) DO NOTHING
    RETURNING reference
"""


def remember(
    order: Order,
    answer: Answer,
    *,
    now: datetime,
    facts: dict[str, Any] | None = None,
    is_scripted: bool = True,
) -> bool:
    """Write an order and its answer; return whether it was written.

    :param is_scripted: the scenarios have been asked; without it, nothing is written while there
        is one.
    """
    is_taken = answer.outcome == Outcome.APPROVED and order.kind == AttemptKind.CHARGE
    taken = order.money.minor if is_taken else 0
    with connection.cursor() as cursor:
        cursor.execute(
            _REMEMBER,
            {
                "reference": order.reference,
                "kind": order.kind.value,
                "original": order.original,
                "token": order.token,
                "amount": order.money.minor,
                "authorised": taken,
                "captured": taken if order.capture else 0,
                "currency": order.money.currency,
                "at_once": order.capture,
                "outcome": answer.outcome.value,
                "code": answer.code,
                "decline_code": answer.decline_code,
                "available_at_once": answer.available_at_once,
                "facts": json.dumps({**(facts or {}), **_told(answer)}),
                "now": now,
                "is_scripted": is_scripted,
            },
        )
        return cursor.fetchone() is not None


def find(reference: str) -> SimulatedOrder | None:
    """Return what is remembered under `reference`."""
    return SimulatedOrder.objects.filter(pk=reference).first()


def lock(reference: str) -> SimulatedOrder | None:
    """Return what is remembered under `reference`, locked until the caller's transaction ends."""
    return SimulatedOrder.objects.select_for_update().filter(pk=reference).first()


def change(row: SimulatedOrder, answer: Answer, *, now: datetime) -> None:
    """Let an order that was answered before end otherwise, or at last."""
    row.outcome = answer.outcome.value
    row.code = answer.code
    row.decline_code = answer.decline_code
    row.available_at_once = answer.available_at_once
    row.facts = {**row.facts, **_told(answer)}
    row.sequence += 1
    row.changed_at = now
    row.save()


def same_answer(row: SimulatedOrder, order: Order, *, behaviour: Behaviour) -> Answer:
    """Return what was answered to the order that came before under this reference.

    Another amount, or another kind, under the same reference is another order: it is refused.
    """
    if (row.kind, row.amount_minor, row.currency) != (
        order.kind,
        order.money.minor,
        order.money.currency,
    ):
        return refuse(f"The reference {order.reference} has been used for another order.")
    return answer_of(row, behaviour=behaviour)


def answer_of(row: SimulatedOrder, *, behaviour: Behaviour) -> Answer:
    """Return how things stand with an order."""
    facts = row.facts
    capture_before = facts.get("capture_before")
    answer = Answer(
        outcome=Outcome(row.outcome),
        code=row.code,
        decline_code=row.decline_code,
        message=facts.get("message", ""),
        available_at_once=row.available_at_once,
        action=facts.get("action", {}) if row.outcome == Outcome.ACTION else {},
        capture_before=datetime.fromisoformat(capture_before) if capture_before else None,
        sequence=row.sequence,
    )
    is_paid = row.kind in (AttemptKind.CHARGE, AttemptKind.SETUP) and answer.outcome in (
        Outcome.APPROVED,
        Outcome.PENDING,
    )
    if not is_paid:
        return answer
    told = network(
        row.reference,
        risk_level=behaviour.risk_level,
        is_authenticated=facts.get("is_authenticated", False),
    )
    return replace(answer, network=told)


def _told(answer: Answer) -> dict[str, Any]:
    """Return what of an answer has no column."""
    told: dict[str, Any] = {}
    if answer.message:
        told["message"] = answer.message
    if answer.action:
        told["action"] = dict(answer.action)
    if answer.capture_before is not None:
        told["capture_before"] = answer.capture_before.isoformat()
    return told
