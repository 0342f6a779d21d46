"""What happens to a dispute: for its charge, the ledger and the events.

A processor's word (`services.disputes`), the merchant's evidence and the end of the time for it all
come down to moves of `domain.DISPUTE_NEXT`; what a move does to money is here and nowhere else.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from apps.api import registry
from apps.balances import services as balances
from apps.core import jobs
from apps.core.clock import to_unix
from apps.core.errors import DomainError, Invalid
from apps.events import services as events
from apps.payments import domain, queries
from apps.payments.domain import AttemptStatus, DisputeMove, DisputeStatus
from apps.payments.models import Attempt, Charge, Dispute
from apps.tenants import queries as tenants

DUE: Final = "payments.dispute_due"


class EvidenceRefused(Invalid):
    """The processor did not take the evidence, or would not let the dispute go."""

    code = "dispute_evidence_refused"


def lock(attempt: Attempt) -> Attempt:
    """Read an attempt again, with its dispute and the charge, and lock all three."""
    assert attempt.dispute_id is not None
    dispute = lock_dispute(attempt.dispute_id)
    locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    locked.dispute = dispute
    return locked


def lock_dispute(dispute_id: str) -> Dispute:
    """Return a dispute, with its charge and its balance transactions; dispute and charge locked.

    The charge is locked first: refunds are made under its lock, and nobody waits in a circle.
    """
    charge = Charge.objects.select_for_update(of=("self",), no_key=True).get(disputes=dispute_id)
    dispute = Dispute.objects.select_for_update(no_key=True).get(pk=dispute_id)
    dispute.charge = charge
    queries.with_transactions([dispute])
    return dispute


def take(attempt: Attempt, *, now: datetime, **_: object) -> Dispute:
    """The processor took the evidence; or, without any, the dispute is given up."""
    dispute = _dispute(attempt)
    before = registry.render(dispute)
    status = DisputeStatus(dispute.status)
    is_given_up = attempt.details["is_given_up"]
    if not is_given_up:
        dispute.submission_count += 1
        dispute.submission_method = "manual"
    # The processor may have said meanwhile how the dispute ended.
    moves = () if status in domain.CLOSED else (_move_of(status, is_given_up=is_given_up),)
    carry(dispute, moves=moves, before=before, now=now, done=[attempt.enquiry_key])
    return dispute


def refuse(attempt: Attempt, **_: object) -> DomainError:
    """The processor took nothing: the dispute stands as before."""
    events.record([], cancel=[attempt.enquiry_key])
    return _refusal(attempt)


def outcome(attempt: Attempt) -> Dispute | DomainError:
    """Return the dispute as it is, or what is said of evidence that was refused."""
    return _refusal(attempt) if attempt.status == AttemptStatus.FAILED else _dispute(attempt)


def carry(
    dispute: Dispute,
    *,
    moves: Sequence[DisputeMove],
    now: datetime,
    before: registry.Wire | None,
    told: Sequence[events.Change] = (),
    done: Sequence[str] = (),
) -> None:
    """Carry out `moves`, with what they do to money, save the dispute, and tell.

    :param dispute: locked with its charge; what else was changed on it is saved as well.
    :param before: as it was shown before; None: it is new.
    :param told: what else is to be told.
    :param done: keys of jobs that are not needed any more.
    :raises IllegalDisputeMove: one of the moves is not in `domain.DISPUTE_NEXT`.
    """
    status = DisputeStatus(dispute.status)
    wanted = []
    if before is None and status not in domain.INQUIRIES:
        wanted.append(_withdrawal(dispute, before=0, now=now))
    for move in moves:
        moved = len(dispute.balance_transaction_ids) + len(wanted)
        if domain.takes_money(status, move):
            wanted.append(_withdrawal(dispute, before=moved, now=now))
        elif move is DisputeMove.WIN:
            wanted.append(_reinstatement(dispute, before=moved, now=now))
        status = domain.next_dispute_status(status, move)
    dispute.status = status.value
    dispute.closed_at = now if status in domain.CLOSED else None
    posted = balances.post_balance_transactions(wanted, now=now) if wanted else []
    dispute.balance_transaction_ids = [
        *dispute.balance_transaction_ids,
        *(one.id for one in posted),
    ]
    dispute.save()
    queries.with_transactions([dispute])
    events.record(
        [*_changes(dispute, wanted, before=before), *told], schedule=_due(dispute), cancel=done
    )


def give_up(dispute: Dispute, *, now: datetime) -> None:
    """End a dispute that nobody answered; it is locked."""
    move = _move_of(DisputeStatus(dispute.status), is_given_up=True)
    carry(dispute, moves=[move], before=registry.render(dispute), now=now)


def _move_of(status: DisputeStatus, *, is_given_up: bool) -> DisputeMove:
    if not is_given_up:
        return DisputeMove.SUBMIT
    return DisputeMove.END_INQUIRY if status in domain.INQUIRIES else DisputeMove.LOSE


def _withdrawal(dispute: Dispute, *, before: int, now: datetime) -> balances.NewTransaction:
    """Return the balance transaction that takes the money back, and the fee of a dispute.

    A bank that takes the money again costs the same fee again, which came back in between.

    :param before: how often the money of the dispute moved before.
    """
    if before == 0:
        fee = tenants.current_plan().fee_schedule.dispute_fee(dispute.currency)
        dispute.fee_minor = fee.minor
    dispute.withdrawn_at = now
    return balances.NewTransaction(
        kind="adjustment",
        source=dispute.id,
        money=-dispute.money,
        fee=dispute.fee,
        processor=dispute.charge.processor,
        reference=_reference(dispute, "withdrawn", before=before),
        description=f"Chargeback withdrawal for {dispute.charge_id}",
        available_on=now,
        reporting_category="dispute",
    )


def _reinstatement(dispute: Dispute, *, before: int, now: datetime) -> balances.NewTransaction:
    """Return the balance transaction that gives money and fee back; see `_withdrawal`."""
    dispute.reinstated_at = now
    return balances.NewTransaction(
        kind="adjustment",
        source=dispute.id,
        money=dispute.money,
        fee=-dispute.fee,
        processor=dispute.charge.processor,
        reference=_reference(dispute, "reinstated", before=before),
        description=f"Chargeback reversal for {dispute.charge_id}",
        available_on=now,
        reporting_category="dispute_reversal",
    )


def _reference(dispute: Dispute, what: str, *, before: int) -> str:
    """Return a reference of its own for each move: the money goes, comes, goes again, in turns."""
    times = before // 2 + 1
    return f"dispute:{dispute.id}:{what}" + (f":{times}" if times > 1 else "")


def _changes(
    dispute: Dispute, moved: Sequence[balances.NewTransaction], *, before: registry.Wire | None
) -> list[events.Change]:
    """Return what is told of a dispute, in the order in which it happened.

    Of what happened at once every event shows the end: what lay between was never shown.
    """
    if before is None:
        changes = [events.Change("charge.dispute.created", dispute)]
    else:
        changes = [events.Change("charge.dispute.updated", dispute, previous=before)]
    for one in moved:
        way = "withdrawn" if one.money.minor < 0 else "reinstated"
        changes.append(events.Change(f"charge.dispute.funds_{way}", dispute))
    if dispute.closed_at is not None and (before is None or before["status"] != dispute.status):
        changes.append(events.Change("charge.dispute.closed", dispute))
    return changes


def due_job(dispute: Dispute, *, at: datetime) -> jobs.Due:
    """Return the job that ends the dispute `at` a time if nobody answered by then."""
    assert dispute.due_by is not None
    return jobs.Due(
        # Of an inquiry that became a dispute the first job finds nothing to do.
        key=f"dispute_due:{dispute.id}:{to_unix(dispute.due_by)}",
        task=DUE,
        due_at=at,
        kwargs={"dispute_id": dispute.id},
    )


def _due(dispute: Dispute) -> list[jobs.Due]:
    if dispute.due_by is None or DisputeStatus(dispute.status) not in domain.ANSWERABLE:
        return []
    return [due_job(dispute, at=dispute.due_by)]


def _dispute(attempt: Attempt) -> Dispute:
    assert attempt.dispute is not None
    return attempt.dispute


def _refusal(attempt: Attempt) -> DomainError:
    return EvidenceRefused(
        "The processor did not take it; the dispute stands as before.",
        code=attempt.code or None,
    )
