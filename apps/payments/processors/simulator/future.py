"""What the simulator does by itself after an order, and how it tells of it.

Each event is a row, and a job finds it when it is due. An event changes what is remembered, once;
what has changed is told by a notification, which is an event as well: it may be told twice, late,
in the wrong order or not at all, as a scenario wants it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from apps.core import clock, context, jobs
from apps.payments.domain import Answer, AttemptKind, Notification, Outcome
from apps.payments.models import SimulatedEvent, SimulatedOrder
from apps.payments.processors import banks
from apps.payments.processors.behaviours import Happening, Later
from apps.payments.processors.simulator import deciding, memory

TASK: Final = "payments.simulate"
TELL: Final = "tell"
VERDICT: Final = "verdict"
DISPUTE: Final = "dispute"
FUNDS: Final = "funds"
# How long a notification is held back that is to come after the next one.
HELD_BACK: Final = timedelta(minutes=1)
# How long there is to answer a dispute.
ANSWER_WITHIN: Final = timedelta(days=20)
NETWORK_REASONS: Final = {
    "fraudulent": "10.4",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "duplicate": "12.6.1",
    "subscription_canceled": "13.2",
    "credit_not_processed": "13.6",
}


def plan(reference: str, later: Iterable[Later], *, now: datetime, scenario_id: str = "") -> None:
    """Write down what will happen to an order, in the caller's transaction."""
    for one in later:
        _write(
            reference,
            one.happens.value,
            {"reason": one.reason},
            due_at=now + one.after,
            scenario_id=scenario_id,
        )


def plan_verdict(dispute: SimulatedOrder, status: str, *, now: datetime) -> None:
    """Write down that the issuer decides about a dispute, in the caller's transaction."""
    _write(
        dispute.reference,
        VERDICT,
        {"reason": status},
        due_at=now,
        scenario_id=dispute.facts.get("scenario", ""),
    )


def happen(event_id: int, *, now: datetime) -> Notification | None:
    """Let an event happen that is due; return the notification that it is, to be delivered.

    An event that was done is not done again. A notification stays until `told` says that it was
    delivered.
    """
    with transaction.atomic():
        event = SimulatedEvent.objects.select_for_update().filter(pk=event_id, done_at=None).first()
        if event is None:
            return None
        if event.happens == TELL:
            return _notification(event.facts)
        row = memory.lock(event.reference)
        if row is not None:
            _HAPPEN[event.happens](row, reason=event.facts["reason"], now=now)
        event.done_at = now
        event.save(update_fields=["done_at"])
    return None


def told(event_id: int, *, now: datetime) -> None:
    """Note that a notification was delivered."""
    SimulatedEvent.objects.filter(pk=event_id).update(done_at=now)


def hurry(scenario_id: str, *, now: datetime) -> int:
    """Let all that is still to come of a scenario's orders happen now; return how many it is."""
    events = SimulatedEvent.objects.filter(scenario_id=scenario_id, done_at=None).order_by("id")
    coming = list(events.select_for_update().filter(due_at__gt=now))
    for event in coming:
        event.due_at = now
        event.save(update_fields=["due_at"])
        jobs.schedule(_job(event))
    return len(coming)


def tell(row: SimulatedOrder, *, now: datetime) -> None:
    """Tell how things stand with an order, in the caller's transaction.

    `notify` among the facts of the order says how often it is told, how late, whether after the
    next notification of it, or whether it is lost.
    """
    how = row.facts.get("notify", {})
    if how.get("lost"):
        return
    due_at = now + timedelta(seconds=how.get("delay_s", 0))
    if how.get("order") == "reversed":
        held = SimulatedEvent.objects.filter(reference=row.reference, happens=TELL, done_at=None)
        held.update(due_at=due_at)
        if not held.exists():
            due_at += HELD_BACK
    for _ in range(how.get("copies", 1)):
        _write(
            row.reference,
            TELL,
            _notification_facts(row, now=now),
            due_at=due_at,
            scenario_id=row.facts.get("scenario", ""),
        )


def open_dispute(
    charge: SimulatedOrder, *, reason: str, is_inquiry: bool, now: datetime
) -> SimulatedOrder | None:
    """Let the payer dispute what was captured and not refunded; None if nothing is left of it.

    An inquiry takes no money until it is escalated. A debit that a bank sends back is lost at once:
    nobody asks the merchant.
    """
    left = charge.captured_minor - charge.refunded_minor
    known = SimulatedOrder.objects.filter(original=charge.reference, kind=DISPUTE).count()
    if left <= 0 or charge.facts.get("disputed"):
        return None
    dispute = SimulatedOrder.objects.create(
        reference=f"{DISPUTE}{known + 1}_{charge.reference}",
        kind=DISPUTE,
        original=charge.reference,
        amount_minor=left,
        currency=charge.currency,
        outcome=Outcome.PENDING.value,
        facts={
            **_inherited(charge),
            "status": "warning_needs_response" if is_inquiry else "needs_response",
            "reason": reason or "fraudulent",
            "due_by": int((now + ANSWER_WITHIN).timestamp()),
        },
        created_at=now,
        changed_at=now,
    )
    if not is_inquiry:
        _withdraw(dispute, charge, now=now)
        if charge.token in banks.BY_TOKEN:
            dispute.facts["status"] = "lost"
            dispute.outcome = Outcome.APPROVED.value
        dispute.save(update_fields=["facts", "outcome"])
    tell(dispute, now=now)
    return dispute


def move_dispute(dispute: SimulatedOrder, status: str, *, now: datetime) -> None:
    """Let a dispute go on to `status`, with the money that goes along, and tell of it."""
    charge = memory.lock(dispute.original)
    assert charge is not None, "A dispute is of a charge."
    left = charge.captured_minor - charge.refunded_minor
    if status == "needs_response" and left < dispute.amount_minor:
        status = "warning_closed"  # it was refunded meanwhile
    if status == "needs_response":
        _withdraw(dispute, charge, now=now)
    if status == "won":
        dispute.facts["reinstated_at"] = now.isoformat()
        _set_disputed(charge, 0)
    dispute.facts["status"] = status
    is_over = status in ("won", "lost", "warning_closed")
    answer = Answer(Outcome.APPROVED if is_over else Outcome.PENDING)
    memory.change(dispute, answer, now=now)
    tell(dispute, now=now)


def _withdraw(dispute: SimulatedOrder, charge: SimulatedOrder, *, now: datetime) -> None:
    """Take the disputed money back from the merchant."""
    dispute.facts["withdrawn_at"] = now.isoformat()
    _set_disputed(charge, dispute.amount_minor)


def _set_disputed(charge: SimulatedOrder, minor: int) -> None:
    charge.facts = {**charge.facts, "disputed": minor}
    charge.save(update_fields=["facts"])


def _settle(row: SimulatedOrder, *, now: datetime, **_: object) -> None:
    """The money of a debit has come, or a refund has arrived, be it after its payer acted."""
    is_waiting = row.outcome == Outcome.ACTION and row.kind == AttemptKind.REFUND
    if row.outcome != Outcome.PENDING and not is_waiting:
        return
    if row.kind == AttemptKind.CHARGE:
        row.authorised_minor = row.amount_minor
        row.captured_minor = row.amount_minor if row.is_captured_at_once else 0
    memory.change(row, Answer(Outcome.APPROVED), now=now)
    tell(row, now=now)


def _fail(row: SimulatedOrder, *, reason: str, now: datetime) -> None:
    """A bank returns a debit or a refund, be it one that had arrived."""
    if row.kind == AttemptKind.REFUND:
        return_refund(row, code=reason or "unknown", now=now)
    elif row.outcome in (Outcome.PENDING, Outcome.ACTION):
        memory.change(row, deciding.decline(reason or "card_declined"), now=now)
        tell(row, now=now)
    elif row.token in banks.BY_TOKEN:
        open_dispute(row, reason=reason, is_inquiry=False, now=now)


def return_refund(row: SimulatedOrder, *, code: str, now: datetime) -> None:
    """Let a refund come back: the money is the merchant's again."""
    if row.outcome == Outcome.DECLINED:
        return
    charge = memory.lock(row.original)
    assert charge is not None, "A refund is of a charge."
    charge.refunded_minor -= row.amount_minor
    charge.save(update_fields=["refunded_minor"])
    row.facts["returned_at"] = now.isoformat()
    memory.change(row, Answer(Outcome.DECLINED, code=code), now=now)
    tell(row, now=now)


def _dispute(row: SimulatedOrder, *, reason: str, now: datetime) -> None:
    open_dispute(row, reason=reason, is_inquiry=False, now=now)


def _inquire(row: SimulatedOrder, *, reason: str, now: datetime) -> None:
    open_dispute(row, reason=reason, is_inquiry=True, now=now)


def _decide(row: SimulatedOrder, *, reason: str, now: datetime) -> None:
    if row.outcome == Outcome.PENDING:
        move_dispute(row, reason, now=now)


_HAPPEN: Final[Mapping[str, Callable[..., None]]] = {
    Happening.SETTLED: _settle,
    Happening.LATE_DECLINE: _fail,
    Happening.REFUND_SUCCEEDED: _settle,
    Happening.REFUND_FAILED: _fail,
    Happening.DISPUTE: _dispute,
    Happening.INQUIRY: _inquire,
    VERDICT: _decide,
}


def _write(
    reference: str,
    happens: str,
    facts: dict[str, Any],
    *,
    due_at: datetime,
    scenario_id: str,
) -> None:
    event = SimulatedEvent.objects.create(
        reference=reference,
        happens=happens,
        facts=facts,
        due_at=due_at,
        scenario_id=scenario_id,
    )
    jobs.schedule(_job(event))


def _job(event: SimulatedEvent) -> jobs.Due:
    return jobs.Due(
        key=f"simulate:{context.current().environment.id}:{event.pk}",
        task=TASK,
        due_at=event.due_at,
        kwargs={"event_id": event.pk},
    )


def _notification_facts(row: SimulatedOrder, *, now: datetime) -> dict[str, Any]:
    """Return a notification of how things stand with an order, as it will be sent."""
    digest = hashlib.sha256(f"{row.reference}:{row.sequence}".encode()).hexdigest()
    of_its_own = {DISPUTE: dispute_facts, FUNDS: funds_facts}.get(row.kind)
    return {
        "id": f"ntf_{digest[:24]}",
        "kind": "order" if of_its_own is None else row.kind,
        "reference": row.reference,
        "sequence": row.sequence,
        "occurred_at": clock.to_unix(now),
        "facts": {} if of_its_own is None else of_its_own(row),
    }


def funds_facts(funds: SimulatedOrder) -> dict[str, Any]:
    """Return what a notification says of a bank transfer."""
    return {
        "customer": funds.facts["context"]["customer"],
        "amount": funds.amount_minor,
        "currency": funds.currency,
        "note": funds.facts["note"],
    }


def dispute_facts(dispute: SimulatedOrder) -> dict[str, Any]:
    """Return what a notification says of a dispute, as `domain.dispute_facts` reads it."""
    reason = dispute.facts["reason"]
    return {
        "charge": dispute.original,
        "status": dispute.facts["status"],
        "amount": dispute.amount_minor,
        "currency": dispute.currency,
        "reason": reason,
        "network_reason_code": NETWORK_REASONS.get(reason, ""),
        "due_by": dispute.facts["due_by"],
    }


def _notification(facts: Mapping[str, Any]) -> Notification:
    return Notification(
        id=facts["id"],
        kind=facts["kind"],
        reference=facts["reference"],
        sequence=facts["sequence"],
        occurred_at=clock.from_unix(facts["occurred_at"]),
        facts=facts["facts"],
    )


def _inherited(row: SimulatedOrder) -> dict[str, Any]:
    """Return what of an order's facts is true of what follows from it, too."""
    return {
        name: row.facts[name] for name in ("context", "notify", "scenario") if name in row.facts
    }
