"""Proposals of reversals: one operator proposes, another one decides, once."""

from enum import StrEnum
from typing import Final

from apps.ledger.domain.refusals import FourEyes, ProposalDecided, ReasonInvalid

REASON_LENGTH: Final = 500


class Status(StrEnum):
    """What became of a proposal."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class Decision(StrEnum):
    """What the second operator says."""

    APPROVE = "approve"
    REJECT = "reject"


# The whole machine. A move that is not listed is refused.
NEXT: Final = {
    (Status.PROPOSED, Decision.APPROVE): Status.APPROVED,
    (Status.PROPOSED, Decision.REJECT): Status.REJECTED,
}


def decide(status: str, decision: Decision, *, proposed_by: str, by: str) -> Status:
    """Return what a proposal is after `by` has decided.

    :raises ProposalDecided: it was decided before.
    :raises FourEyes: `by` is who proposed it.
    """
    after = NEXT.get((Status(status), decision))
    if after is None:
        raise ProposalDecided(f"The proposal has been {status} already.")
    if by == proposed_by:
        raise FourEyes("Another operator has to decide: nobody decides what they propose.")
    return after


def check_reason(reason: str) -> str:
    """Return the reason as it is kept.

    :raises ReasonInvalid: it is empty, too long, or holds what cannot be stored.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_LENGTH or "\0" in reason:
        raise ReasonInvalid(
            f"A reason is needed, of at most {REASON_LENGTH} characters.", param="reason"
        )
    return reason
