"""Reversals with four eyes: who may decide what, once, and what is left of it."""

from dataclasses import dataclass
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from apps.core import clock, context
from apps.core.errors import DomainError, NotFound
from apps.core.money import Money
from apps.identity.models import AuditEntry
from apps.ledger import queries, services
from apps.ledger.domain import Posting, chart, proposals
from apps.ledger.domain.proposals import Decision, Status
from apps.ledger.domain.refusals import (
    AlreadyReversed,
    FourEyes,
    Frozen,
    InsufficientBalance,
    NotPosted,
    ProposalDecided,
    ProposalOpen,
    ReasonInvalid,
)
from apps.ledger.models import LedgerProposal, LedgerState, LedgerTransaction
from tests.races import at_once

BANK, FEES, WALLET = chart.bank_settlement(), chart.platform_fees(), chart.wallet("wal_1")
ANNA, BEN = "operator:1", "operator:2"


def usd(minor):
    return Money(minor, "usd")


def pay_in(reference="top-up", *, minor=5_00, **details):
    """Post a movement with two postings; return the id of the transaction."""
    with transaction.atomic():
        posted = services.post(
            [
                Posting(debit=BANK, credit=WALLET, money=usd(minor)),
                Posting(debit=BANK, credit=FEES, money=usd(20)),
            ],
            reference=reference,
            **details,
        )
    return posted.transaction_id


def propose(transaction_id, *, by=ANNA, reason="Entered twice"):
    with context.amended(by=by):
        return services.propose_reversal(
            transaction_id=transaction_id, reason=reason, now=clock.now()
        )


def approve(proposal, *, by=BEN):
    with context.amended(by=by):
        return services.approve_proposal(proposal_id=proposal.id, now=clock.now())


def reject(proposal, *, by=BEN, reason="It is right"):
    with context.amended(by=by):
        return services.reject_proposal(proposal_id=proposal.id, reason=reason, now=clock.now())


def balances():
    return queries.balances_by_code([BANK, WALLET, FEES], currency="usd")


def audited():
    here = context.current().environment.id
    rows = AuditEntry.objects.filter(environment_id=here).order_by("id")
    return [(one.action, one.by, one.object_id, one.reason) for one in rows]


@dataclass(frozen=True)
class State:
    """What a refusal must not change."""

    proposals: list[tuple[str, str, str | None]]
    balances: dict[str, int]
    audit: int


def state():
    rows = LedgerProposal.objects.order_by("id").values_list("id", "status", "decided_by")
    return State([*rows], balances(), AuditEntry.objects.count())


def refused(refusal, call, *args, **kwargs):
    before = state()
    with pytest.raises(refusal) as raised:
        call(*args, **kwargs)
    assert state() == before
    return raised.value


def test_every_move_of_the_machine():
    for status in Status:
        for decision in Decision:
            if (status, decision) in proposals.NEXT:
                after = proposals.decide(status, decision, proposed_by=ANNA, by=BEN)
                assert after is proposals.NEXT[status, decision]
                with pytest.raises(FourEyes):
                    proposals.decide(status, decision, proposed_by=ANNA, by=ANNA)
            else:
                with pytest.raises(ProposalDecided):
                    proposals.decide(status, decision, proposed_by=ANNA, by=BEN)


def test_an_approved_reversal_brings_the_balances_back(book):
    with context.amended(account_id="acct_connected"):
        paid = pay_in(source_id="ch_1")
    proposal = propose(paid)
    assert balances() == {BANK: 5_20, WALLET: 5_00, FEES: 20}

    approved = approve(proposal)

    assert balances() == {BANK: 0, WALLET: 0, FEES: 0}
    reversal = LedgerTransaction.objects.get(pk=approved.reversal_id)
    assert (reversal.reference, reversal.reverses_id) == (f"reverse:{paid}", paid)
    assert reversal.details == {"type": "reversal", "proposal": proposal.id}
    # It is of the account for which the money was moved, and on the trail of the same cause.
    assert (reversal.account_id, reversal.source_id) == ("acct_connected", "ch_1")
    kept = LedgerProposal.objects.get(pk=proposal.id)
    assert (kept.status, kept.proposed_by, kept.decided_by) == ("approved", ANNA, BEN)
    assert queries.check_drift() == []


def test_a_journal_is_reversed_as_a_journal(book):
    lines = [Posting(BANK, WALLET, usd(30), 0, 1), Posting(BANK, FEES, usd(5), 0, 2)]
    posted = services.post(lines, reference="journal")

    approved = approve(propose(posted.transaction_id))

    rows = LedgerTransaction.objects.get(pk=approved.reversal_id).postings.order_by("position")
    assert [(one.debit_line, one.credit_line) for one in rows] == [(1, 0), (2, 0)]


def test_everything_is_on_the_audit_trail(book):
    first, second = propose(pay_in("a")), propose(pay_in("b"), reason="  Typo ")
    approve(first)
    reject(second)

    assert audited() == [
        ("ledger.proposal.proposed", ANNA, first.id, "Entered twice"),
        ("ledger.proposal.proposed", ANNA, second.id, "Typo"),
        ("ledger.proposal.approved", BEN, first.id, ""),
        ("ledger.proposal.rejected", BEN, second.id, "It is right"),
    ]
    entry = AuditEntry.objects.get(action="ledger.proposal.approved")
    assert entry.before == {"status": "proposed"}
    assert entry.after["reversal"] == LedgerProposal.objects.get(pk=first.id).reversal_id
    assert entry.environment_id == book.id


def test_a_rejected_proposal_posts_nothing_and_makes_room_for_another(book):
    paid = pay_in()
    rejected = reject(propose(paid))

    assert (rejected.status, rejected.reversal_id) == ("rejected", None)
    assert LedgerTransaction.objects.count() == 1
    assert propose(paid).id != rejected.id


def test_nobody_decides_what_they_propose(book):
    proposal = propose(pay_in())

    refused(FourEyes, approve, proposal, by=ANNA)
    refused(FourEyes, reject, proposal, by=ANNA)
    # The table says so too.
    with pytest.raises(IntegrityError, match="ledger_proposal_four_eyes"), transaction.atomic():
        LedgerProposal.objects.filter(pk=proposal.id).update(decided_by=ANNA, status="approved")


def test_what_was_decided_stays_so(book):
    proposal = propose(pay_in())
    approve(proposal)

    refused(ProposalDecided, approve, proposal, by="operator:3")
    refused(ProposalDecided, reject, proposal, by="operator:3")
    with pytest.raises(DatabaseError, match="ledger_proposal"), transaction.atomic():
        LedgerProposal.objects.filter(pk=proposal.id).update(status="proposed")


def test_one_open_proposal_to_a_transaction(book):
    paid = pay_in()
    propose(paid)

    refused(ProposalOpen, propose, paid, by=BEN)


def test_what_was_reversed_meanwhile_is_not_reversed_again(book):
    paid, other = pay_in("a"), pay_in("b")
    proposal = propose(paid)
    postings = (Posting(WALLET, BANK, usd(5_00)), Posting(FEES, BANK, usd(20)))
    services.post(postings, reference="by another way", reverses=paid)

    assert "reversed before" in refused(AlreadyReversed, approve, proposal).message
    assert LedgerProposal.objects.get(pk=proposal.id).status == "proposed"
    refused(AlreadyReversed, propose, paid)
    # Somebody used our own reference for it.
    proposal = propose(other)
    services.post(postings, reference=f"reverse:{other}", reverses=other)
    refused(AlreadyReversed, approve, proposal)


def test_what_moved_nothing_is_not_reversed(book):
    reserved = pay_in(pending=True)

    assert refused(NotPosted, propose, reserved).code == "transaction_not_posted"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_a_reason_is_needed(book, reason):
    paid = pay_in()

    assert refused(ReasonInvalid, propose, paid, reason=reason).param == "reason"
    proposal = propose(paid)
    refused(ReasonInvalid, reject, proposal, reason=reason)


def test_what_is_not_there_is_not_found(book):
    refused(NotFound, propose, "ltx_nowhere")
    refused(NotFound, approve, LedgerProposal(id="lprop_nowhere"))
    refused(NotFound, reject, LedgerProposal(id="lprop_nowhere"))


def test_a_refusal_of_the_ledger_leaves_the_proposal_open(book):
    paid = pay_in()
    services.post([Posting(WALLET, BANK, usd(1))], reference="spent")
    proposal = propose(paid)

    refused(InsufficientBalance, approve, proposal)
    LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="drift")
    refused(Frozen, approve, proposal)


def test_of_many_who_decide_at_once_one_does(committed_book):
    for turn in range(3):
        before = balances()
        paid = pay_in(f"top-up:{turn}")
        proposal = propose(paid)

        deciders = [f"operator:{number}" for number in range(2, 6)]
        outcomes = at_once(
            *(partial(approve, proposal, by=by) for by in deciders),
            *(partial(reject, proposal, by=by) for by in deciders),
        )

        decided = [one for one in outcomes if isinstance(one, LedgerProposal)]
        assert len(decided) == 1
        assert {type(one) for one in outcomes} == {LedgerProposal, ProposalDecided}
        reversals = LedgerTransaction.objects.filter(reverses=paid).count()
        assert reversals == (1 if decided[0].status == "approved" else 0)
        assert (balances() == before) is (reversals == 1)


def test_of_two_who_propose_at_once_one_does(committed_book):
    paid = pay_in()

    outcomes = at_once(*(partial(propose, paid, by=by) for by in (ANNA, BEN)))

    assert {type(one) for one in outcomes} == {LedgerProposal, ProposalOpen}
    assert LedgerProposal.objects.count() == 1


def test_an_approval_and_a_reversal_by_another_way_at_once(committed_book):
    paid = pay_in()
    proposal = propose(paid)

    def by_another_way():
        postings = (Posting(WALLET, BANK, usd(5_00)), Posting(FEES, BANK, usd(20)))
        with transaction.atomic():
            return services.post(postings, reference="by another way", reverses=paid)

    outcomes = at_once(lambda: approve(proposal), by_another_way)

    (refusal,) = [one for one in outcomes if isinstance(one, DomainError)]
    assert isinstance(refusal, AlreadyReversed)
    assert LedgerTransaction.objects.filter(reverses=paid).count() == 1
    assert balances() == {BANK: 0, WALLET: 0, FEES: 0}
