"""Reversals with four eyes: an operator proposes one, and another approves or rejects it."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.core import context
from apps.core.errors import not_found
from apps.core.ids import new_id
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.identity import services as identity
from apps.ledger import domain, queries
from apps.ledger.domain import Layer, Posting, proposals
from apps.ledger.domain.proposals import Decision, Status
from apps.ledger.domain.refusals import AlreadyReversed, NotPosted, ProposalOpen
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
    with context.amended(account_id=found.account_id):
        posted = post(
            _postings_of_reversal(found),
            reference=f"reverse:{found.id}",
            reverses=found.id,
            source_id=found.source_id,
            details={"type": "reversal", "proposal": proposal.id},
        )
    if not posted.is_new:
        raise AlreadyReversed(
            f"The transaction has been reversed before, by {posted.transaction_id}."
        )
    proposal.reversal_id = posted.transaction_id
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


def _postings_of_reversal(found: LedgerTransaction) -> tuple[Posting, ...]:
    """Return what undoes a transaction. That it can be undone, the function that posts checks too.

    :raises NotPosted: it moved nothing.
    :raises AlreadyReversed: it was undone before.
    """
    if found.reversal_id is not None:
        raise AlreadyReversed(f"The transaction has been reversed before, by {found.reversal_id}.")
    posted = [move for move in found.moves if move["layer"] == Layer.POSTED]
    if not posted:
        raise NotPosted("The transaction moved nothing: there is nothing to reverse.")
    return domain.reversal(
        [
            Posting(
                debit=move["debit"],
                credit=move["credit"],
                money=Money(move["minor"], move["currency"]),
                debit_line=move["debit_line"],
                credit_line=move["credit_line"],
            )
            for move in posted
        ]
    )


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
