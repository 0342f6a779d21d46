"""Our books beside what a processor reports that it moved.

What a notification should have told and did not is applied as if it had; what cannot be explained
is found, said in the log, and changed by nobody but people.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import QuerySet

from apps.core import context, jobs
from apps.core.errors import DomainError
from apps.payments import processors
from apps.payments.domain import (
    AttemptKind,
    AttemptStatus,
    Notification,
    Outcome,
    Settled,
)
from apps.payments.models import Attempt, CashTransaction, Dispute
from apps.payments.services import attempts, cash, disputes

log = structlog.get_logger(__name__)

# What a day could not settle, the next ones find.
LOOKS_BACK: Final = timedelta(days=3)
# A payment may be disputed so long after the last one.
MOVES_FOR: Final = timedelta(days=180)
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


def reconcile(*, now: datetime, since: datetime | None = None) -> list[Difference]:
    """Compare the last days with the reports of the processors; return what is left to explain.

    :param since: what was compared last time reached until then.
    """
    differences: list[Difference] = []
    begin, until = min(since or now, now - LOOKS_BACK), now - UNDER_WAY
    for name in processors.names(livemode=context.current().environment.livemode):
        lines = list(processors.named(name).settle_report(since=begin, until=until))
        differences += _catch_up(name, lines, now=now)
        differences += _missing(name, lines, since=begin, until=until, now=now)
    for one in differences:
        log.error(
            "reconciliation_difference",
            reference=one.reference,
            kind=one.kind,
            problem=one.problem,
        )
    return differences


def run_reconciliation(*, since: datetime | None, now: datetime) -> None:
    """Do the job of a night, and write that of the next one, as long as money may still move."""
    reconcile(now=now, since=since)
    newest = Attempt.objects.order_by("-id").values_list("created_at", flat=True).first()
    if newest is not None and now - newest < MOVES_FOR:
        jobs.schedule(attempts.next_reconciliation(now=now, since=now - UNDER_WAY))


def _catch_up(name: str, lines: Iterable[Settled], *, now: datetime) -> Iterator[Difference]:
    """Apply what the report knows and we do not."""
    for line in lines:
        is_recorded = _TOLD_BY_FACTS.get(line.kind)
        if is_recorded is None:
            problem = _catch_up_order(line, now=now)
        else:
            problem = _catch_up_facts(name, line, is_recorded=is_recorded, now=now)
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


def _catch_up_facts(
    name: str, line: Settled, *, is_recorded: Callable[[Settled], bool], now: datetime
) -> str:
    """Apply what no order of ours began, as its notification would have been."""
    if not is_recorded(line):
        apply = cash.receive_notice if line.kind == "funds" else disputes.apply
        told = Notification(
            id="",
            kind=line.kind,
            reference=line.reference,
            sequence=line.sequence,
            occurred_at=line.at,
            facts=line.facts,
        )
        try:
            apply(told, processor=name, now=now)
        except DomainError as refusal:
            log.warning("report_refused", reference=line.reference, reason=refusal.message)
    return "" if is_recorded(line) else "not_recorded"


def _is_withdrawn(line: Settled) -> bool:
    return _heard(line).filter(withdrawn_at__isnull=False).exists()


def _is_reinstated(line: Settled) -> bool:
    return _heard(line).filter(reinstated_at__isnull=False).exists()


def _heard(line: Settled) -> QuerySet[Dispute]:
    """Return the dispute of a line, if all was heard of it that the line knows.

    A bank may take the money, give it back and take it again: that it was taken is not enough.
    """
    return Dispute.objects.filter(
        processor_reference=line.reference,
        charge__attempt_reference=line.facts.get("charge"),
        sequence__gte=line.sequence,
    )


def _is_received(line: Settled) -> bool:
    return CashTransaction.objects.filter(transfer=line.reference).exists()


# What the report says with facts, by the kind of its lines: whether our books have it.
_TOLD_BY_FACTS: Final[Mapping[str, Callable[[Settled], bool]]] = {
    "dispute": _is_withdrawn,
    "dispute_reversal": _is_reinstated,
    "funds": _is_received,
}


def _missing(
    name: str, lines: Iterable[Settled], *, since: datetime, until: datetime, now: datetime
) -> Iterator[Difference]:
    """Yield what our books have and the processor knows nothing of.

    What is not in the report may have been moved before its time, and recorded late: so the
    processor is asked after it.
    """
    reported = {line.reference for line in lines}
    recorded = Attempt.objects.filter(
        processor=name,
        kind__in=MOVES_MONEY,
        status=AttemptStatus.SUCCEEDED,
        settled_at__gte=since,
        settled_at__lt=until,
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
