"""Orders about an order that came before: captures, increments, releases, refunds, evidence.

Each locks what it is about, looks whether it came before, checks that there is enough of what it
asks for, and is remembered together with the sums that it changes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Final

from django.db import transaction

from apps.payments import domain
from apps.payments.domain import Answer, AttemptKind, Order, Outcome
from apps.payments.models import SimulatedOrder
from apps.payments.processors.simulator import deciding, future, memory, scripts, transfers
from apps.payments.processors.simulator.deciding import refuse
from apps.payments.processors.simulator.scripts import Step

# The codes of orders that were given up, or took the place of which another took.
CANCELED: Final = "canceled"
REPLACED: Final = "replaced"
APPROVED: Final = Answer(Outcome.APPROVED)
# The texts of evidence that decide a dispute, as the wire publishes them.
DECISIVE: Final = {
    "winning_evidence": "won",
    "losing_evidence": "lost",
    "escalate_inquiry_evidence": "needs_response",
}
REVIEWED_AFTER: Final = timedelta(seconds=1)

# Decides about an order whose original is locked, and changes what is remembered of that.
Verb = Callable[[Order, SimulatedOrder, Step, datetime], Answer]


def scripted(answer: Answer, order: Order, step: Step, *, now: datetime) -> Answer:
    """Return what a scenario makes of an answer."""
    match step.outcome:
        case "approve" if answer.outcome != Outcome.APPROVED:
            capture_before = None if order.capture else now + domain.AUTHORISED_FOR
            return Answer(Outcome.APPROVED, capture_before=capture_before)
        case "decline":
            return deciding.decline("card_declined", step.decline_code or "generic_decline")
        case "pending":
            return Answer(Outcome.PENDING)
        case "action":
            return Answer(Outcome.ACTION, action={"type": "redirect", "token": order.reference})
    return answer


def about_original(verb: Verb) -> Callable[..., Answer]:
    """Run `verb` in a transaction of its own, with the original locked, once per reference."""

    @wraps(verb)
    @transaction.atomic
    def run(order: Order, *, step: Step, now: datetime) -> Answer:
        original = memory.lock(order.original)
        if original is None:
            answer = refuse(f"There is no order {order.original}.")
        elif (known := memory.find(order.reference)) is not None:
            return memory.same_answer(known, order, behaviour=deciding.behaviour_of(known.token))
        elif original.currency != order.money.currency:
            answer = refuse("The currency is not that of the original.")
        elif step.outcome == "decline":
            answer = scripted(APPROVED, order, step, now=now)
        else:
            answer = verb(order, original, step, now)
        context = original.facts.get("context", {}) if original else {}
        facts = {"context": context, **step.facts}
        if "refund_to" in order.context:
            facts["refund_to"] = order.context["refund_to"]
        if not memory.remember(order, answer, now=now, facts=facts):
            known = memory.find(order.reference)
            assert known is not None, "What is in the way of an order is the order itself."
            return memory.same_answer(known, order, behaviour=deciding.behaviour_of(known.token))
        _follow(order, original, answer, step, now=now)
        return answer

    return run


@about_original
def capture(order: Order, original: SimulatedOrder, _: Step, now: datetime) -> Answer:
    """Take what was authorised, or a part of it."""
    if original.kind != AttemptKind.CHARGE or original.outcome != Outcome.APPROVED:
        return refuse("Only what was authorised can be captured.")
    if original.facts.get("released"):
        return refuse("The authorisation was released.")
    before = original.facts.get("capture_before")
    if before is not None and now >= datetime.fromisoformat(before):
        return deciding.decline("charge_expired_for_capture")
    if original.captured_minor + order.money.minor > original.authorised_minor:
        return refuse("More is to be captured than was authorised.")
    original.captured_minor += order.money.minor
    original.save(update_fields=["captured_minor"])
    return APPROVED


@about_original
def increment(order: Order, original: SimulatedOrder, _: Step, now: datetime) -> Answer:
    """Authorise more."""
    is_open = (
        original.kind == AttemptKind.CHARGE
        and original.outcome == Outcome.APPROVED
        and not original.facts.get("released")
        and original.captured_minor == 0
    )
    if not is_open or not original.facts.get("capture_before"):
        return refuse("There is no open authorisation.")
    if now >= datetime.fromisoformat(original.facts["capture_before"]):
        return deciding.decline("charge_expired_for_capture")
    if order.money.minor <= original.authorised_minor:
        return refuse("An authorisation is raised, not lowered.")
    original.authorised_minor = order.money.minor
    original.save(update_fields=["authorised_minor"])
    return APPROVED


@about_original
def cancel(order: Order, original: SimulatedOrder, _: Step, now: datetime) -> Answer:
    """Let an authorisation or a challenge go, or stop a refund that is pending."""
    if order.kind == AttemptKind.REFUND_CANCEL:
        if original.outcome not in (Outcome.PENDING, Outcome.ACTION):
            return refuse("The refund has ended.")
        future.return_refund(original, code=CANCELED, now=now)
        return APPROVED
    if original.outcome in (Outcome.ACTION, Outcome.PENDING):
        memory.change(original, deciding.decline(CANCELED), now=now)
        return APPROVED
    if original.outcome == Outcome.DECLINED:
        return APPROVED  # there is nothing to let go any more
    if original.is_captured_at_once:
        return refuse("What was captured cannot be released.")
    original.facts["released"] = True
    original.save(update_fields=["facts"])
    return APPROVED


@about_original
def refund(order: Order, original: SimulatedOrder, step: Step, now: datetime) -> Answer:
    """Give back what was captured, or a part of it."""
    if original.token == transfers.CASH:
        transfers.pay_out_of_cash(original, now=now)
    left = original.captured_minor - original.refunded_minor - original.facts.get("disputed", 0)
    if original.kind != AttemptKind.CHARGE or original.outcome != Outcome.APPROVED:
        return refuse("Only what was captured can be refunded.")
    if order.money.minor > left:
        return refuse("More is to be refunded than was captured.")
    original.refunded_minor += order.money.minor
    original.save(update_fields=["refunded_minor"])
    if step.outcome == "approve":
        return APPROVED
    if step.outcome == "action" or _needs_account(order):
        return Answer(Outcome.ACTION, action={"type": "refund_instructions"})
    if step.outcome == "pending" or deciding.behaviour_of(original.token).refund_is_pending:
        return Answer(Outcome.PENDING)
    return APPROVED


def _needs_account(order: Order) -> bool:
    """Return whether money that came by a transfer goes back to a bank account not known yet."""
    to_bank = str(order.context.get("refund_to", "")).endswith("_bank_transfer")
    return order.method_type == "customer_balance" and to_bank


@transaction.atomic
def expire_refund(reference: str, *, code: str, now: datetime) -> Answer:
    """Let a refund come back whose payer does not say where the money goes.

    :returns: how things stand with it now.
    """
    row = memory.lock(reference)
    if row is None:
        return refuse(f"There is no order {reference}.")
    if row.outcome == Outcome.ACTION:
        future.return_refund(row, code=code, now=now)
    return memory.answer_of(row, behaviour=deciding.behaviour_of(row.token))


@about_original
def contest(order: Order, original: SimulatedOrder, _: Step, now: datetime) -> Answer:
    """Take the evidence of a dispute; without any, the dispute is given up."""
    dispute = _dispute_of(original)
    if dispute is None or dispute.outcome != Outcome.PENDING:
        return refuse("There is no dispute that could be contested.")
    is_inquiry = dispute.facts["status"].startswith("warning_")
    if not order.evidence:
        future.move_dispute(dispute, "warning_closed" if is_inquiry else "lost", now=now)
        return APPROVED
    if not order.submit:
        return APPROVED
    if dispute.facts["status"].endswith("under_review"):
        return refuse("The evidence was handed in.")
    text = str(order.evidence.get("uncategorized_text", "")).strip()
    verdict = DECISIVE.get(text, "")
    if is_inquiry and verdict in ("won", "lost"):
        verdict = "warning_closed"
    dispute.facts["status"] = "warning_under_review" if is_inquiry else "under_review"
    dispute.save(update_fields=["facts"])
    if verdict and (is_inquiry or verdict != "needs_response"):
        future.plan_verdict(dispute, verdict, now=now + REVIEWED_AFTER)
    return APPROVED


def _dispute_of(original: SimulatedOrder) -> SimulatedOrder | None:
    """Return the dispute that an order names: itself, or the newest of a charge."""
    if original.kind == future.DISPUTE:
        return original
    disputes = SimulatedOrder.objects.filter(original=original.pk, kind=future.DISPUTE)
    return disputes.select_for_update().order_by("-reference").first()


def _follow(
    order: Order,
    original: SimulatedOrder | None,
    answer: Answer,
    step: Step,
    *,
    now: datetime,
) -> None:
    """Plan what happens after an order, and tell of it where a scenario wants that."""
    if original is not None and answer.outcome != Outcome.DECLINED:
        later, about = step.later, order.reference
        if order.kind == AttemptKind.REFUND and not later:
            later = deciding.behaviour_of(original.token).refund_later
        if order.kind == AttemptKind.CAPTURE:
            about = original.reference  # what happens to money happens to the charge
            later = later or scripts.read_later(original.facts.pop("later", []))
            original.save(update_fields=["facts"])
        future.plan(about, later, now=now, scenario_id=step.scenario_id)
    if step.notify:
        row = memory.find(order.reference)
        assert row is not None, "It has just been remembered."
        future.tell(row, now=now)
