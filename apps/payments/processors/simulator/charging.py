"""Payments and set-ups as the simulator carries them out, and the challenge of 3-D Secure."""

from datetime import datetime

from django.db import transaction

from apps.payments import domain
from apps.payments.domain import Answer, AttemptKind, Order, Outcome
from apps.payments.models import SimulatedOrder
from apps.payments.processors.behaviours import OF_SUCCESS, Behaviour, Later
from apps.payments.processors.simulator import deciding, following, future, memory, scripts
from apps.payments.processors.simulator.scripts import Step

TAKEN_ON = (Outcome.APPROVED, Outcome.PENDING)


@transaction.atomic
def authorise(order: Order, *, step: Step, now: datetime) -> Answer:
    """Decide, remember, and plan what follows; an order that came before is answered as then."""
    behaviour = deciding.behaviour_of(order.token)
    facts = {"context": dict(order.context), **step.facts}
    later = step.later or behaviour.later
    is_authenticated = order.original != "" and _use_authentication(order.original)
    if is_authenticated:
        facts["is_authenticated"] = True
        answer = deciding.decide_authenticated(
            order.kind, behaviour, capture=order.capture, now=now
        )
    else:
        answer = deciding.decide(order, behaviour, now=now)
    answer = following.scripted(answer, order, step, now=now)
    if answer.outcome == Outcome.ACTION:
        facts["later"] = scripts.written_later(later)
    if not memory.remember(order, answer, now=now, facts=facts):
        known = memory.find(order.reference)
        assert known is not None, "What is in the way of an order is the order itself."
        return memory.same_answer(known, order, behaviour=behaviour)
    row = memory.find(order.reference)
    assert row is not None, "It has just been remembered."
    _follow(row, later, now=now)
    if step.notify:
        future.tell(row, now=now)
    return memory.answer_of(row, behaviour=behaviour)


@transaction.atomic
def authenticate(
    reference: str,
    *,
    is_passed: bool,
    now: datetime,
    goes_on: bool = True,
    failed_with: str = domain.AUTHENTICATION_FAILED,
) -> Answer:
    """Note how the payer did at the challenge of 3-D Secure, and go on with the order.

    Whoever calls this has claimed the attempt first, so that nobody gives it up meanwhile. An order
    that has ended, or that asks for nothing, stays as it is.

    :param goes_on: without it, a challenge that was passed is only noted: another charge of the
        same payment, whose `original` is this order, then needs none.
    :param failed_with: the code of the decline where it was not passed.
    :returns: how things stand with the order now.
    """
    row = memory.lock(reference)
    if row is None:
        return deciding.refuse(f"There is no order {reference}.")
    behaviour = deciding.behaviour_of(row.token)
    if row.outcome != Outcome.ACTION or row.facts.get("is_authenticated"):
        return memory.answer_of(row, behaviour=behaviour)
    row.facts["is_authenticated"] = is_passed
    if is_passed and not goes_on:
        row.save(update_fields=["facts"])
    else:
        code = "" if is_passed else failed_with
        _end_challenge(row, behaviour, code=code, now=now)
    return memory.answer_of(row, behaviour=behaviour)


def _end_challenge(row: SimulatedOrder, behaviour: Behaviour, *, code: str, now: datetime) -> None:
    """Go on with an order whose payer has answered; with a `code` they have failed."""
    kind = AttemptKind(row.kind)
    if code:
        answer = deciding.decline(code)
    else:
        answer = deciding.decide_authenticated(
            kind, behaviour, capture=row.is_captured_at_once, now=now
        )
    if answer.outcome == Outcome.APPROVED and kind == AttemptKind.CHARGE:
        row.authorised_minor = row.amount_minor
        row.captured_minor = row.amount_minor if row.is_captured_at_once else 0
    later = scripts.read_later(row.facts.pop("later", []))
    memory.change(row, answer, now=now)
    _follow(row, later, now=now)
    future.tell(row, now=now)


def _follow(row: SimulatedOrder, later: tuple[Later, ...], *, now: datetime) -> None:
    """Plan what happens to a payment that was taken on.

    What is done to captured money only is remembered until it is captured.
    """
    if row.outcome not in TAKEN_ON or row.kind != AttemptKind.CHARGE or not later:
        return
    if not row.is_captured_at_once:
        of_success = tuple(one for one in later if one.happens in OF_SUCCESS)
        later = tuple(one for one in later if one.happens not in OF_SUCCESS)
        row.facts["later"] = scripts.written_later(of_success)
        row.save(update_fields=["facts"])
    future.plan(row.reference, later, now=now, scenario_id=row.facts.get("scenario", ""))


def _use_authentication(reference: str) -> bool:
    """Return whether a challenge was passed under `reference` that paid for nothing yet.

    It serves one payment: that order is over, whether or not the new one is approved.
    """
    row = memory.lock(reference)
    if row is None or row.outcome != Outcome.ACTION or not row.facts.get("is_authenticated"):
        return False
    memory.change(row, deciding.decline(following.REPLACED), now=row.changed_at)
    return True
