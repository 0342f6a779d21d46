"""The continuous verification: rounds over the whole book, in small steps.

The row of an environment in `public.ledger_verification` is the job: it says where the next step
begins, and what has been found.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from apps.core import clock, context
from apps.core.errors import Invalid, not_found
from apps.ledger.domain import findings
from apps.ledger.domain.findings import Check, Finding, State
from apps.ledger.domain.refusals import RangeTooLong
from apps.ledger.models import LedgerSeal, LedgerVerification
from apps.ledger.queries import seals
from apps.ledger.services import checking
from apps.ledger.services.checking import FIRST, Link, Step
from apps.ledger.services.freezing import freeze
from apps.tenants import queries as tenants

log = structlog.get_logger(__name__)

# Of one request.
RANGE_POSTINGS_MAX = 100_000
REQUEST_BUDGET_S = 1.0


@dataclass(frozen=True, slots=True)
class RangeCheck:
    """What a check of some seals found."""

    from_seal: int
    to_seal: int
    postings: int
    findings: list[Finding]


def begin_round(*, now: datetime) -> LedgerVerification:
    """Begin a new round over the current book, whatever the one at work has come to."""
    with transaction.atomic(durable=True):
        row = _lock(is_waiting=True)
        assert row is not None
        _begin(row, now=now)
        row.save()
    return row


def verify_now(*, now: datetime) -> LedgerVerification:
    """Go on with the round at work, or begin a new one, for a moment; beat sees to the rest.

    A round at work is never given up: whoever asks again and again would let none come to its end.
    """
    until = time.monotonic() + REQUEST_BUDGET_S
    row = verify_step(now=now)
    while row is not None and "at" in row.cursor and time.monotonic() < until:
        row = verify_step(now=clock.now())
    return row or _own_row()


def verify_round(*, now: datetime) -> LedgerVerification:
    """Go through the whole book of the current environment, from the beginning to the end."""
    row: LedgerVerification | None = begin_round(now=now)
    while row is not None and "at" in row.cursor:
        # Another process may take a step of this same round: we wait for it, and take the next.
        row = _take_step(now=clock.now(), is_waiting=True)
    return row or _own_row()


def verify_step(*, now: datetime) -> LedgerVerification | None:
    """Take the next step over the current book; after the last one, begin a new round.

    :returns: what is known then; None if another process is at work on it.
    """
    return _take_step(now=now, is_waiting=False)


@transaction.atomic(durable=True)
def _take_step(*, now: datetime, is_waiting: bool) -> LedgerVerification | None:
    row = _lock(is_waiting=is_waiting)
    if row is None:
        return None
    if "at" not in row.cursor:
        _begin(row, now=now)
    step = checking.take_step(row.cursor["at"])
    row.seals_checked += step.seals
    row.postings_checked += step.postings
    row.accounts_checked += step.accounts
    row.step_at = now
    _note(row, step.findings, now=now)
    if step.next is None:
        _finish(row, step, now=now)
    else:
        row.cursor["at"] = step.next
    row.save()
    return row


def verify_seals(*, from_seal: int, to_seal: int, now: datetime) -> RangeCheck:
    """Check some seals of the current book and their postings now, apart from the rounds.

    What is found freezes the book all the same.

    :raises Invalid: the range ends before it begins.
    :raises NotFound: there is no such seal.
    :raises RangeTooLong: it has more than RANGE_POSTINGS_MAX postings.
    """
    if to_seal < from_seal:
        raise Invalid("The range ends before it begins.", param="to_seal")
    if to_seal - from_seal >= RANGE_POSTINGS_MAX:
        raise _too_long(to_seal - from_seal + 1)
    chain = {seal.number: seal for seal in seals.chain(after=from_seal - 2, until=to_seal)}
    for number, param in ((from_seal, "from_seal"), (to_seal, "to_seal")):
        if number not in chain:
            raise not_found("ledger seal", str(number), param=param)
    posting_count = sum(seal.posting_count for seal in chain.values() if seal.number >= from_seal)
    if posting_count > RANGE_POSTINGS_MAX:
        raise _too_long(posting_count)
    found, before = _link_before(chain.pop(from_seal - 1, None), first=chain[from_seal])
    waiting: Sequence[LedgerSeal] = list(chain.values())
    while waiting:
        some = checking.portion(waiting)
        found += checking.check_seals(some, before=before)
        before, waiting = checking.link_of(some[-1]), waiting[len(some) :]
    if found:
        with transaction.atomic(durable=True):
            row = _lock(is_waiting=True)
            assert row is not None
            _note(row, found, now=now)
            row.save()
    return RangeCheck(from_seal, to_seal, posting_count, found)


def _too_long(posting_count: int) -> RangeTooLong:
    return RangeTooLong(
        f"The range has {posting_count:,} postings or more; at most {RANGE_POSTINGS_MAX:,} are "
        "checked in one request.",
        param="to_seal",
    )


def _link_before(
    seal: LedgerSeal | None, *, first: LedgerSeal
) -> tuple[list[Finding], checking.Link]:
    """Return what the first seal of a range has to follow, and that it is missing if it is."""
    if seal is not None:
        return [], checking.link_of(seal)
    if first.number == FIRST.number + 1:
        return [], FIRST
    missing = Finding(Check.SEAL, {"seal": first.number - 1}, "it is missing")
    return [missing], Link(first.number - 1, first.after_posting, first.previous_hash)


def verify_everywhere(*, budget_s: float) -> int:
    """Take steps for a bounded time, in the environment that has waited longest; return how many.

    Any number of processes may do so at once: they pass over what another one works on. A book
    whose round is over rests for LEDGER_VERIFY_EVERY_S.
    """
    until = time.monotonic() + budget_s
    environments = {one.id: one for one in tenants.list_environments()}
    LedgerVerification.objects.bulk_create(
        [LedgerVerification(environment_id=one) for one in environments], ignore_conflicts=True
    )
    passed: set[str] = set()
    taken = 0
    while time.monotonic() < until:
        chosen = _longest_waiting(set(environments) - passed, now=clock.now())
        if chosen is None:
            break
        with context.enter(environments[chosen], by="system"):
            if _try_step(chosen):
                taken += 1
            else:
                passed.add(chosen)
    return taken


def _longest_waiting(ids: set[str], *, now: datetime) -> str | None:
    rested = now - timedelta(seconds=settings.LEDGER_VERIFY_EVERY_S)
    rows = LedgerVerification.objects.filter(
        Q(cursor__has_key="at") | Q(round_finished_at=None) | Q(round_finished_at__lte=rested),
        pk__in=ids,
    )
    return rows.order_by(F("step_at").asc(nulls_first=True)).values_list("pk", flat=True).first()


def _try_step(environment_id: str) -> bool:
    """Take a step over the current book; return False if there is nothing to be done by us."""
    try:
        return verify_step(now=clock.now()) is not None
    except Exception:
        # The edge of the process: what cannot be read must not hold up the other books. That no
        # round of this one ends is seen by its age.
        log.exception("verify_failed")
        LedgerVerification.objects.filter(pk=environment_id).update(step_at=clock.now())
        return False


def _own_row() -> LedgerVerification:
    return LedgerVerification.objects.get(pk=context.current().environment.id)


def _lock(*, is_waiting: bool) -> LedgerVerification | None:
    """Lock the row of the current environment; make it if it is not there."""
    here = context.current().environment.id
    LedgerVerification.objects.bulk_create(
        [LedgerVerification(environment_id=here)], ignore_conflicts=True
    )
    rows = LedgerVerification.objects.select_for_update(skip_locked=not is_waiting)
    return rows.filter(pk=here).first()


def _begin(row: LedgerVerification, *, now: datetime) -> None:
    row.cursor = {**_lasting(row), "at": checking.start(), "found": 0}
    row.seals_checked = row.postings_checked = row.accounts_checked = 0
    row.round_started_at = row.step_at = now


def _note(row: LedgerVerification, found: Sequence[Finding], *, now: datetime) -> None:
    """Keep what was found, and freeze the book if that was not known and accepted before."""
    if not found:
        return
    known = {findings.from_json(one).key for one in row.findings}
    if "at" in row.cursor and not row.cursor.get("found"):
        # The first of this round: what the last one found is found again, or is no more.
        row.findings = []
    kept = {findings.from_json(one).key for one in row.findings}
    for finding in found:
        if finding.key not in known:
            log.error("ledger_drift", finding=str(finding))
        if finding.key not in kept and len(row.findings) < findings.KEPT_MAX:
            row.findings.append(finding.to_json())
            kept.add(finding.key)
    row.cursor["found"] = row.cursor.get("found", 0) + len(found)
    row.state = State.DRIFT.value
    if row.cursor.get("accepts_all"):
        return
    accepted = set(row.cursor.get("accepted", ()))
    for finding in found:
        if finding.key not in accepted:
            freeze(finding, now=now)
            break


def _finish(row: LedgerVerification, step: Step, *, now: datetime) -> None:
    row.rounds += 1
    row.round_finished_at = now
    row.coverage = [
        {**asdict(coverage), "shortfall": coverage.shortfall} for coverage in step.coverages
    ]
    if row.cursor["found"]:
        row.cursor = _lasting(row)
    else:
        row.state, row.findings, row.cursor = State.OK.value, [], {}


def _lasting(row: LedgerVerification) -> dict[str, Any]:
    """Return what a cursor keeps from one round to the next: the findings that were accepted."""
    return {name: row.cursor[name] for name in ("accepted", "accepts_all") if name in row.cursor}
