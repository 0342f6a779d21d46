"""Disputes: what processors say of them, and the end of the time for an answer."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from apps.api import registry
from apps.core import context, ids, jobs
from apps.core.errors import Invalid, NotFound
from apps.events import services as events
from apps.payments import domain, queries
from apps.payments.domain import DisputeFacts, DisputeMove, DisputeStatus, Notification
from apps.payments.models import Charge, Dispute
from apps.payments.services.recording import disputes as recording

log = structlog.get_logger(__name__)

# How soon a dispute whose time is over is looked at again while its evidence is on its way.
LOOK_AGAIN = timedelta(hours=1)


class UnknownCharge(NotFound):
    """The charge that is disputed is not recorded, or not yet."""


def apply(notification: Notification, *, processor: str, now: datetime) -> None:
    """Bring a dispute to where the processor says it stands.

    What is lost is made up for by the next notification, what comes twice or late changes nothing.

    :param notification: of kind `dispute`; see `domain.dispute_facts`. Its `reference` is the
        processor's own for the dispute, its facts name the charge.
    :raises UnknownCharge: nothing is known of the charge: to be applied again, a little later.
    :raises Invalid: these are not the facts of a dispute of this charge.
    """
    facts = domain.dispute_facts(notification.facts)
    found = Charge.objects.filter(attempt_reference=facts.charge, processor=processor)
    charge = found.values("id", "account_id", "currency").first()
    if charge is None:
        raise UnknownCharge(f"No charge is known by {facts.charge}.")
    if charge["currency"] != facts.money.currency:
        raise Invalid(f"A charge in {charge['currency']} is disputed in another currency.")
    with context.amended(account_id=charge["account_id"]):
        _apply(charge["id"], notification, facts, now=now)


def end_overdue_dispute(*, dispute_id: str, now: datetime) -> None:
    """End a dispute that nobody answered in time: the payer's bank decides for the payer."""
    account_id = Dispute.objects.values_list("account_id", flat=True).get(pk=dispute_id)
    with context.amended(account_id=account_id):
        _end_overdue(dispute_id, now=now)


@transaction.atomic(durable=True)
def _apply(
    charge_id: str, notification: Notification, facts: DisputeFacts, *, now: datetime
) -> None:
    charge = Charge.objects.select_for_update(no_key=True).get(pk=charge_id)
    # Nobody else makes it meanwhile: the charge is locked.
    dispute = Dispute.objects.filter(processor_reference=notification.reference).first()
    if dispute is None:
        _begin(charge, notification, facts, now=now)
    elif dispute.charge_id != charge.id:
        # A reference that two processors use, or a mistake: the money of neither charge moves.
        raise Invalid("The dispute of another charge is known by this reference.")
    elif notification.sequence > dispute.sequence:
        _go_on(recording.lock_dispute(dispute.id), notification, facts, now=now)


def _begin(
    charge: Charge, notification: Notification, facts: DisputeFacts, *, now: datetime
) -> None:
    first = domain.first_status(facts.status)
    dispute = Dispute(
        id=ids.new_id("dp"),
        account_id=charge.account_id,
        created_at=now,
        charge=charge,
        payment_intent_id=charge.payment_intent_id,
        processor_reference=notification.reference,
        amount_minor=facts.money.minor,
        currency=facts.money.currency,
        status=first.value,
        reason=facts.reason,
        network_reason_code=facts.network_reason_code,
        is_inquiry=first in domain.INQUIRIES,
        due_by=facts.due_by or now + domain.ANSWER_WITHIN,
        sequence=notification.sequence,
    )
    told = []
    if not charge.disputed:
        before = registry.render(charge)
        charge.disputed = True
        charge.save(update_fields=["disputed"])
        told = [events.Change("charge.updated", charge, previous=before)]
    moves = domain.way(first, facts.status)
    assert moves is not None, f"No dispute that began as {first} is {facts.status}."
    recording.carry(dispute, moves=moves, before=None, now=now, told=told)


def _go_on(
    dispute: Dispute, notification: Notification, facts: DisputeFacts, *, now: datetime
) -> None:
    status = DisputeStatus(dispute.status)
    moves = domain.way(status, facts.status)
    before = registry.render(dispute)
    dispute.sequence = notification.sequence
    if moves is None:
        # No way leads there: the next word, of a later sequence, may clear it up.
        log.warning("dispute_out_of_order", dispute=dispute.id, said=facts.status)
        dispute.save(update_fields=["sequence"])
        return
    if DisputeMove.ESCALATE in moves:
        dispute.due_by = now + domain.ANSWER_WITHIN
    if any(domain.takes_money(status, move) for move in moves):
        # What was refunded while the merchant had the money is not taken a second time.
        dispute.amount_minor = facts.money.minor
    dispute.due_by = facts.due_by or dispute.due_by
    dispute.network_reason_code = facts.network_reason_code or dispute.network_reason_code
    recording.carry(dispute, moves=moves, before=before, now=now)


@transaction.atomic(durable=True)
def _end_overdue(dispute_id: str, *, now: datetime) -> None:
    dispute = recording.lock_dispute(dispute_id)
    if DisputeStatus(dispute.status) not in domain.ANSWERABLE or dispute.due_by is None:
        return
    if dispute.due_by > now:
        # There is more time since it became a dispute.
        jobs.schedule(recording.due_job(dispute, at=dispute.due_by))
        return
    if queries.is_contested(dispute):
        # The processor may have the evidence in time, and not have said so yet.
        jobs.schedule(recording.due_job(dispute, at=now + LOOK_AGAIN))
        return
    recording.give_up(dispute, now=now)
