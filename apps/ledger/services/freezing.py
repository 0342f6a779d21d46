"""Freezing a book that does not add up: it takes no postings, and is read as before."""

from datetime import datetime

import structlog
from django.db import connection

from apps.core import context
from apps.core.use_cases import use_case
from apps.identity import services as identity
from apps.ledger.domain import findings
from apps.ledger.domain.canonical import instant_text
from apps.ledger.domain.findings import Finding, State
from apps.ledger.domain.refusals import DriftUnexplained
from apps.ledger.models import LedgerState, LedgerVerification

log = structlog.get_logger(__name__)

_REASON_LENGTH = 500


def freeze(finding: Finding, *, now: datetime) -> bool:
    """Let the current book take no postings from now on; return False if it takes none already.

    Those that are under way at this moment may still commit.
    """
    assert connection.in_atomic_block, "A book is frozen with what was found in it."
    environment = context.current().environment
    reason = str(finding)[:_REASON_LENGTH]
    if not LedgerState.objects.filter(frozen_at=None).update(frozen_at=now, frozen_reason=reason):
        return False
    log.error("ledger_frozen", reason=reason)
    identity.record_audit(
        "ledger.frozen",
        object_id=environment.id,
        reason=reason,
        before={"frozen_at": None},
        after={"frozen_at": instant_text(now), "finding": finding.to_json()},
        now=now,
    )
    return True


@use_case
def unfreeze(*, reason: str, now: datetime) -> None:
    """Let the current book take postings again.

    What is known to be wrong, and could not be put right, does not freeze it a second time; what
    is found besides does, unless there was more than is kept. So it is until a round finds nothing.
    A book that is not frozen stays as it is.

    :param reason: needed while something does not add up, as the last round found it.
    :raises DriftUnexplained: there is none.
    """
    environment = context.current().environment
    # Before the state, as the verification locks them.
    row = LedgerVerification.objects.select_for_update().filter(pk=environment.id).first()
    state = LedgerState.objects.select_for_update().get()
    if state.frozen_at is None:
        return
    has_drift = row is not None and row.state == State.DRIFT
    if has_drift and not reason.strip():
        raise DriftUnexplained("The book does not add up: say why it shall take postings again.")
    if row is not None and has_drift:
        _accept_findings(row)
    before = {"frozen_at": instant_text(state.frozen_at), "frozen_reason": state.frozen_reason}
    state.frozen_at, state.frozen_reason = None, ""
    state.save(update_fields=["frozen_at", "frozen_reason"])
    identity.record_audit(
        "ledger.unfrozen",
        object_id=environment.id,
        reason=reason,
        before=before,
        after={"frozen_at": None, "has_drift": has_drift},
        now=now,
    )


def _accept_findings(row: LedgerVerification) -> None:
    """Let what is known to be wrong freeze the book no more, until a round finds nothing."""
    keys = {findings.from_json(one).key for one in row.findings}
    # What was accepted before, and the round at work has not come to yet, stays accepted.
    row.cursor["accepted"] = sorted(keys.union(row.cursor.get("accepted", ())))
    if len(row.findings) >= findings.KEPT_MAX:
        # Nobody knows what the rest is, and each round would find it anew.
        row.cursor["accepts_all"] = True
    row.save(update_fields=["cursor"])
