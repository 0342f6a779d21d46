"""The merchant's side of a dispute: evidence is gathered and handed in, or it is given up."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core.errors import Conflict
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.files import queries as files
from apps.payments import domain, queries
from apps.payments.domain import AttemptKind, DisputeStatus
from apps.payments.models import Attempt, Dispute
from apps.payments.services import attempts
from apps.payments.services.recording.disputes import lock_dispute

PURPOSE = "dispute_evidence"


class EvidenceOnItsWay(Conflict):
    """The processor has not said yet whether it took the evidence."""

    code = "dispute_evidence_pending"


def update_dispute(*, dispute_id: str, given: dict[str, Any], now: datetime) -> Dispute:
    """Change the evidence or the metadata; hand the evidence in, unless `submit` is false.

    Metadata alone hands nothing in.

    :param given: `evidence` by name (None unsets), `metadata`, `submit`.
    :raises IllegalDisputeMove: evidence was handed in before, or the time for it is over.
    :raises InvalidParameter: a file is none that can be evidence, the texts are too long, or there
        is nothing to hand in.
    :raises EvidenceRefused: the processor did not take it.
    """
    if not given.get("submit", "evidence" in given):
        return _keep(dispute_id=dispute_id, given=given, now=now)
    handed_in: Dispute = attempts.carry_out(_claim(dispute_id, given, now=now))
    return handed_in


def close_dispute(*, dispute_id: str, now: datetime) -> Dispute:
    """Give a dispute up; an inquiry is closed.

    :raises IllegalDisputeMove: it is answered, or over.
    """
    closed: Dispute = attempts.carry_out(_claim_end(dispute_id, now=now))
    return closed


@use_case
def _keep(*, dispute_id: str, given: dict[str, Any], now: datetime) -> Dispute:
    dispute = _locked(dispute_id)
    before = registry.render(dispute)
    _set(dispute, given, now=now)
    dispute.save(update_fields=["evidence", "metadata"])
    events.record([events.Change("charge.dispute.updated", dispute, previous=before)])
    return dispute


@transaction.atomic(durable=True)
def _claim(dispute_id: str, given: dict[str, Any], *, now: datetime) -> Attempt:
    dispute = _locked(dispute_id)
    _check_answerable(dispute, now=now)
    before = registry.render(dispute)
    _set(dispute, given, now=now)
    if not dispute.evidence:
        raise InvalidParameter(
            "There is no evidence to submit.", code="parameter_missing", param="evidence"
        )
    dispute.save(update_fields=["evidence", "metadata"])
    return _open_attempt(
        dispute,
        evidence=dispute.evidence,
        changes=[events.Change("charge.dispute.updated", dispute, previous=before)],
        now=now,
    )


@transaction.atomic(durable=True)
def _claim_end(dispute_id: str, *, now: datetime) -> Attempt:
    dispute = _locked(dispute_id)
    _check_answerable(dispute, now=now)
    return _open_attempt(dispute, evidence={}, changes=[], now=now)


def _open_attempt(
    dispute: Dispute, *, evidence: dict[str, Any], changes: list[events.Change], now: datetime
) -> Attempt:
    return attempts.open_attempt(
        AttemptKind.CONTEST,
        charge=dispute.charge,
        dispute=dispute,
        money=dispute.money,
        processor=dispute.charge.processor,
        details={
            "original": dispute.processor_reference,
            "evidence": evidence,
            "submit": True,
            "is_given_up": not evidence,
        },
        now=now,
        changes=changes,
    )


def _locked(dispute_id: str) -> Dispute:
    """Return the dispute of the caller, locked with its charge.

    :raises NotFound: there is none.
    """
    queries.get_dispute(dispute_id)
    return lock_dispute(dispute_id)


def _check_answerable(dispute: Dispute, *, now: datetime) -> None:
    """Refuse evidence that comes a second time, too late, or while some is on its way."""
    if queries.is_contested(dispute):
        raise EvidenceOnItsWay("The evidence of this dispute is being handed in right now.")
    if DisputeStatus(dispute.status) not in domain.ANSWERABLE:
        raise domain.IllegalDisputeMove(
            f"This dispute takes no evidence any more: its status is {dispute.status}."
        )
    if dispute.due_by is not None and dispute.due_by <= now:
        raise domain.IllegalDisputeMove("The time for the evidence of this dispute is over.")


def _set(dispute: Dispute, given: dict[str, Any], *, now: datetime) -> None:
    if "metadata" in given:
        dispute.metadata = merge_metadata(dispute.metadata, given["metadata"])
    if "evidence" not in given:
        return
    _check_answerable(dispute, now=now)
    _check_files(given["evidence"])
    merged = {**dispute.evidence, **given["evidence"]}
    dispute.evidence = {name: value for name, value in merged.items() if value is not None}
    length = sum(len(value) for value in dispute.evidence.values() if isinstance(value, str))
    if length > domain.EVIDENCE_CHARACTERS_MAX:
        raise InvalidParameter(
            f"All texts of evidence together have at most {domain.EVIDENCE_CHARACTERS_MAX:,} "
            "characters.",
            param="evidence",
        )


def _check_files(evidence: dict[str, Any]) -> None:
    """Check that every file that is named is the caller's, and was uploaded as evidence."""
    named = {name: evidence[name] for name in domain.EVIDENCE_FILES if evidence.get(name)}
    found = files.find_files(named.values())
    for name, file_id in named.items():
        file = found.get(file_id)
        if file is None:
            raise InvalidParameter(
                f"No such file: '{file_id}'", code="resource_missing", param=f"evidence[{name}]"
            )
        if file.purpose != PURPOSE:
            raise InvalidParameter(
                f"The purpose of a file must be {PURPOSE}.",
                code="file_purpose_invalid",
                param=f"evidence[{name}]",
            )
