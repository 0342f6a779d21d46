"""Periods: closed, so that nothing can be back-dated into them, and opened again by operators."""

from datetime import datetime, timedelta
from typing import Final

from apps.core import context
from apps.core.ids import new_id
from apps.core.use_cases import use_case
from apps.identity import services as identity
from apps.ledger import queries
from apps.ledger.domain.proposals import check_reason
from apps.ledger.domain.refusals import PeriodInvalid, PeriodNotLast
from apps.ledger.models import LedgerPeriod, LedgerState
from apps.ledger.services.posting import hold_posting

# What counts when it is recorded counts when its database transaction began. One that began before
# the end of a period and posts after the closing would be refused for a time that nobody gave it;
# none takes a minute.
OVER_FOR: Final = timedelta(minutes=1)


@use_case
def close_period(*, ends_at: datetime, now: datetime) -> LedgerPeriod:
    """Close everything that is effective before `ends_at`; the same again returns the same period.

    :param ends_at: over for a minute, and after the end of the last closed period.
    :raises PeriodInvalid: it is.
    """
    if ends_at > now - OVER_FOR:
        raise PeriodInvalid("A period is closed a minute after it is over.", param="ends_at")
    hold_posting()
    closed = LedgerPeriod.objects.filter(reopened_at=None)
    if same := closed.filter(ends_at=ends_at).first():
        return same
    state = LedgerState.objects.select_for_update().get()
    if state.closed_before is not None and ends_at <= state.closed_before:
        raise PeriodInvalid(
            f"The last period ends at {state.closed_before:%Y-%m-%dT%XZ}; the next one ends later.",
            param="ends_at",
        )
    here = context.current()
    period = LedgerPeriod.objects.create(
        id=new_id("lper"),
        account_id=here.account_id,
        created_at=now,
        starts_at=state.closed_before,
        ends_at=ends_at,
        closed_by=here.by,
    )
    _move(state, period, to=ends_at, action="closed", now=now)
    return period


@use_case
def reopen_period(*, period_id: str, reason: str, now: datetime) -> LedgerPeriod:
    """Open the last closed period again, which an operator may: postings can be back-dated into it.

    :param reason: is kept, on the period and on the audit trail.
    :raises NotFound: there is no such period.
    :raises ReasonInvalid: there is no reason.
    :raises PeriodNotLast: another one was closed after it, or it was opened again before.
    """
    reason = check_reason(reason)
    # Whoever closes or opens a period holds this row: each sees what the other one has done.
    state = LedgerState.objects.select_for_update().get()
    period = queries.get_period(period_id)
    if period.reopened_at is not None or period.ends_at != state.closed_before:
        raise PeriodNotLast("Only the last of the closed periods is opened again, and once.")
    period.reopened_at = now
    period.reopened_by = context.current().by
    period.reopen_reason = reason
    period.save(update_fields=["reopened_at", "reopened_by", "reopen_reason"])
    _move(state, period, to=period.starts_at, action="reopened", reason=reason, now=now)
    return period


def _move(
    state: LedgerState,
    period: LedgerPeriod,
    *,
    to: datetime | None,
    action: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Let the book be closed before another instant, and say so on the audit trail."""
    before = state.closed_before
    state.closed_before = to
    state.save(update_fields=["closed_before"])
    identity.record_audit(
        f"ledger.period.{action}",
        object_id=period.id,
        reason=reason,
        before={"closed_before": before and before.isoformat()},
        after={"closed_before": to and to.isoformat()},
        now=now,
    )
