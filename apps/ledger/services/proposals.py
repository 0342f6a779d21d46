"""Reversals with four eyes: an operator proposes one, and another approves or rejects it."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.core import context
from apps.core.errors import not_found
from apps.core.ids import new_id
from apps.core.use_cases import use_case
from apps.identity import services as identity
from apps.ledger import domain, queries
from apps.ledger.domain import Layer, Posting, proposals, references, settling
from apps.ledger.domain.proposals import Decision, Status
from apps.ledger.domain.refusals import AlreadyReversed, NotPosted, ProposalOpen, ReferenceReused
from apps.ledger.models import LedgerProposal, LedgerTransaction
from apps.ledger.services.posting import post


@use_case
def propose_reversal(*, transaction_id: str, reason: str, now: datetime) -> LedgerProposal:
    """Propose to undo a transaction of any account of the environment, also one of payments.

    :raises NotFound: there is no such transaction.
    :raises ReasonInvalid: there is no reason.
    :raises NotPosted: it moved nothing.
    :raises AlreadyReversed: it was undone before.
    :raises ProposalOpen: it is proposed already; of two calls at once, one gets this.
    """
    reason = proposals.check_reason(reason)
    found = _get_transaction(transaction_id)
    _postings_of_reversal(found)
    proposal = LedgerProposal(
        id=new_id("lprop"),
        account_id=found.account_id,
        created_at=now,
        transaction_id=found.id,
        reason=reason,
        status=Status.PROPOSED.value,
        proposed_by=context.current().by,
    )
    try:
        with transaction.atomic():
            proposal.save(force_insert=True)
    except IntegrityError as error:
        # The unique constraint settles the race: one open proposal to a transaction.
        raise ProposalOpen("A reversal of this transaction waits for a decision.") from error
    _record("proposed", proposal, before={}, reason=reason, now=now)
    return proposal


@use_case
def approve_proposal(*, proposal_id: str, now: datetime) -> LedgerProposal:
    """Approve a proposal and post the reversal: both, or neither.

    :raises NotFound: there is no such proposal.
    :raises ProposalDecided: it was decided before; of two calls at once, one gets this.
    :raises FourEyes: the operator is who proposed it.
    :raises AlreadyReversed: the transaction was undone by another way meanwhile.
    :raises DomainError: the ledger refuses the reversal: see `posting.post`. The proposal stays.
    """
    proposal = _decide(proposal_id, Decision.APPROVE, now=now)
    found = _get_transaction(proposal.transaction_id)
    postings = _postings_of_reversal(found)
    proposal.reversal_id = _post_reversal(found, postings, proposal_id=proposal.id)
    proposal.save(update_fields=["status", "decided_by", "decided_at", "reversal"])
    _record("approved", proposal, before={"status": Status.PROPOSED}, reason="", now=now)
    return proposal


@use_case
def reject_proposal(*, proposal_id: str, reason: str, now: datetime) -> LedgerProposal:
    """Reject a proposal: nothing is posted.

    :raises NotFound: there is no such proposal.
    :raises ReasonInvalid: there is no reason.
    :raises ProposalDecided: it was decided before; of two calls at once, one gets this.
    :raises FourEyes: the operator is who proposed it.
    """
    reason = proposals.check_reason(reason)
    proposal = _decide(proposal_id, Decision.REJECT, now=now)
    proposal.metadata = {"rejected_because": reason}
    proposal.save(update_fields=["status", "decided_by", "decided_at", "metadata"])
    _record("rejected", proposal, before={"status": Status.PROPOSED}, reason=reason, now=now)
    return proposal


def _decide(proposal_id: str, decision: Decision, *, now: datetime) -> LedgerProposal:
    """Return the proposal as it is after the decision, locked and not yet saved."""
    proposal = LedgerProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if proposal is None:
        raise not_found("proposal", proposal_id)
    by = context.current().by
    after = proposals.decide(proposal.status, decision, proposed_by=proposal.proposed_by, by=by)
    proposal.status, proposal.decided_by, proposal.decided_at = after.value, by, now
    return proposal


def _get_transaction(transaction_id: str) -> LedgerTransaction:
    """Return a transaction of any account of the environment, with its postings."""
    rows = queries.with_postings(LedgerTransaction.objects.all())
    found = rows.filter(pk=transaction_id).first()
    if found is None:
        raise not_found("ledger transaction", transaction_id)
    return found


def _post_reversal(
    found: LedgerTransaction, postings: tuple[Posting, ...], *, proposal_id: str
) -> str:
    """Post what undoes a transaction, for the account for which it was made; return the id.

    :raises AlreadyReversed: somebody was faster, by another way.
    """
    reference = references.reversal_of(found.id)
    already = f"The transaction has been reversed before, by {reference}."
    try:
        with context.amended(account_id=found.account_id):
            posted = post(
                postings,
                reference=reference,
                reverses=found.id,
                source_id=found.source_id,
                details={"type": "reversal", "proposal": proposal_id},
            )
    except ReferenceReused as error:
        raise AlreadyReversed(already) from error
    if not posted.is_new:
        raise AlreadyReversed(already)
    return posted.transaction_id


def _postings_of_reversal(found: LedgerTransaction) -> tuple[Posting, ...]:
    """Return what undoes a transaction. That it can be undone, the function that posts checks too.

    :raises NotPosted: it moved nothing.
    :raises AlreadyReversed: it was undone before.
    """
    if found.reversal_id is not None:
        raise AlreadyReversed(f"The transaction has been reversed before, by {found.reversal_id}.")
    posted = settling.of_layer(found.moves, Layer.POSTED)
    if not posted:
        raise NotPosted("The transaction moved nothing: there is nothing to reverse.")
    return domain.reversal(posted)


def _record(
    what: str, proposal: LedgerProposal, *, before: dict[str, Any], reason: str, now: datetime
) -> None:
    """Write on the audit trail what became of a proposal."""
    after = {"status": proposal.status, "transaction": proposal.transaction_id}
    if proposal.reversal_id is not None:
        after["reversal"] = proposal.reversal_id
    identity.record_audit(
        f"ledger.proposal.{what}",
        object_id=proposal.id,
        reason=reason,
        before=before,
        after=after,
        now=now,
    )
