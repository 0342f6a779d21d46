"""Our books beside what a processor reports that it moved.

What a notification should have told and did not is applied as if it had; what cannot be explained
is found, said in the log, and changed by nobody but people.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from apps.core import context
from apps.core.errors import DomainError
from apps.payments import processors, queries
from apps.payments.domain import (
    AttemptKind,
    AttemptStatus,
    Notification,
    Outcome,
    Settled,
)
from apps.payments.models import Attempt, Dispute
from apps.payments.services import attempts, cash, disputes

log = structlog.get_logger(__name__)

# What a day could not settle, the next ones find.
LOOKS_BACK: Final = timedelta(days=3)
# What was moved just now may be under way to our books.
UNDER_WAY: Final = timedelta(minutes=10)
MOVES_MONEY: Final = (AttemptKind.CHARGE, AttemptKind.CAPTURE, AttemptKind.REFUND)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the processor and our books do not say alike.

    :ivar problem: `not_recorded`: it was moved, and our books have nothing of it; `other_amount`;
        `not_moved`: our books have it, and the processor does not.
    """

    reference: str
    kind: str
    problem: str

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}: {self.problem}"


def reconcile(*, now: datetime) -> list[Difference]:
    """Compare the last days with the reports of the processors; return what is left to explain."""
    differences = []
    livemode = context.current().environment.livemode
    for name in processors.names(livemode=livemode):
        until = now - UNDER_WAY
        lines = list(processors.named(name).settle_report(since=now - LOOKS_BACK, until=until))
        differences += _catch_up(name, lines, now=now)
        differences += _missing(name, lines, now=now)
    for one in differences:
        log.error(
            "reconciliation_difference",
            reference=one.reference,
            kind=one.kind,
            problem=one.problem,
        )
    return differences


def _catch_up(name: str, lines: Iterable[Settled], *, now: datetime) -> Iterator[Difference]:
    """Apply what the report knows and we do not."""
    for line in lines:
        if line.kind.startswith("dispute"):
            problem = _catch_up_dispute(name, line, now=now)
        elif line.kind == "funds":
            problem = _catch_up_funds(name, line, now=now)
        else:
            problem = _catch_up_order(line, now=now)
        if problem:
            yield Difference(line.reference, line.kind, problem)


def _catch_up_order(line: Settled, *, now: datetime) -> str:
    attempt = Attempt.objects.filter(pk=line.reference).first()
    if attempt is None:
        return "not_recorded"
    if not _is_recorded(attempt, line):
        attempts.look_at(attempt.id, now=now)
        attempt.refresh_from_db()
    if not _is_recorded(attempt, line):
        return "not_recorded"
    is_same = attempt.money in (line.money, -line.money)
    return "" if is_same else "other_amount"


def _is_recorded(attempt: Attempt, line: Settled) -> bool:
    """Return whether the attempt has come as far as the report says."""
    match line.kind:
        case "charge":
            return attempt.status == AttemptStatus.SUCCEEDED
        case "refund":
            # One that has come back since was taken on as well.
            return attempt.status != AttemptStatus.OPEN
        case _:
            return attempt.status == AttemptStatus.FAILED


def _catch_up_dispute(name: str, line: Settled, *, now: datetime) -> str:
    if not _is_dispute_recorded(line):
        told = Notification(
            id="",
            kind="dispute",
            reference=line.reference,
            sequence=line.sequence,
            occurred_at=line.at,
            facts=line.facts,
        )
        try:
            disputes.apply(told, processor=name, now=now)
        except DomainError as refusal:
            log.warning("dispute_refused", reference=line.reference, reason=refusal.message)
    return "" if _is_dispute_recorded(line) else "not_recorded"


def _catch_up_funds(name: str, line: Settled, *, now: datetime) -> str:
    if queries.find_transfer(line.reference) is None:
        told = Notification(
            id="",
            kind="funds",
            reference=line.reference,
            sequence=line.sequence,
            occurred_at=line.at,
            facts=line.facts,
        )
        try:
            cash.receive_notice(told, processor=name, now=now)
        except DomainError as refusal:
            log.warning("transfer_refused", reference=line.reference, reason=refusal.message)
    return "" if queries.find_transfer(line.reference) is not None else "not_recorded"


def _is_dispute_recorded(line: Settled) -> bool:
    dispute = Dispute.objects.filter(processor_reference=line.reference).first()
    if dispute is None:
        return False
    moved_at = dispute.withdrawn_at if line.kind == "dispute" else dispute.reinstated_at
    return moved_at is not None


def _missing(name: str, lines: Iterable[Settled], *, now: datetime) -> Iterator[Difference]:
    """Yield what our books have and the processor knows nothing of.

    What is not in the report may have been moved before its time, and recorded late: so the
    processor is asked after it.
    """
    reported = {line.reference for line in lines}
    recorded = Attempt.objects.filter(
        processor=name,
        kind__in=MOVES_MONEY,
        status=AttemptStatus.SUCCEEDED,
        settled_at__gte=now - LOOKS_BACK,
        settled_at__lt=now - UNDER_WAY,
    ).order_by("id")
    for attempt in recorded.iterator():
        is_held = attempt.kind == AttemptKind.CHARGE and not attempt.details.get("capture", True)
        # What came by a transfer was moved then, and is reported as that.
        is_of_cash = attempt.details.get("method_type") == "customer_balance"
        if attempt.id in reported or is_held or is_of_cash:
            continue
        answer = processors.enquire(name, attempt.id, now=now)
        if answer is None or answer.outcome not in (Outcome.APPROVED, Outcome.UNKNOWN):
            yield Difference(attempt.id, attempt.kind, "not_moved")
