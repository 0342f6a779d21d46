"""The machines of refunds and disputes: where they lead, and that money comes back at most once."""

from datetime import UTC, datetime

import pytest

from apps.core.errors import Invalid
from apps.core.money import Money
from apps.payments import domain
from apps.payments.domain import (
    DISPUTE_NEXT,
    REFUND_NEXT,
    DisputeMove,
    DisputeStatus,
    RefundMove,
    RefundStatus,
)

FACTS = {"charge": "att_1", "status": "needs_response", "amount": 1_000, "currency": "usd"}
PUTS_BACK = {RefundMove.FAIL, RefundMove.CANCEL}


def reachable(start, machine):
    """Return every status that some way leads to from `start`, itself included."""
    found, todo = {start}, [start]
    while todo:
        at = todo.pop()
        new = {target for (source, _), target in machine.items() if source == at} - found
        found |= new
        todo += new
    return found


def test_the_money_of_a_refund_comes_back_once():
    """Whatever puts it back leads to where nothing is left to happen."""
    for (_, move), target in REFUND_NEXT.items():
        if move in PUTS_BACK:
            assert reachable(target, REFUND_NEXT) == {target}
            assert domain.is_refund_over(target)
        else:
            assert not domain.is_refund_over(target)


@pytest.mark.parametrize("status", sorted(set(RefundStatus) - {RefundStatus.REQUIRES_ACTION}))
def test_only_a_refund_that_waits_for_its_payer_is_asked_back(status):
    with pytest.raises(domain.IllegalRefundMove, match=status.value):
        domain.next_refund_status(status, RefundMove.ASK_BACK)


def test_the_money_of_a_dispute_goes_and_comes_in_turns():
    """No way leads from where the money is taken to where it would be taken twice."""
    chargebacks = set(DisputeStatus) - domain.INQUIRIES
    for status in chargebacks:
        assert not reachable(status, DISPUTE_NEXT) & domain.INQUIRIES
    assert reachable(DisputeStatus.WON, DISPUTE_NEXT) == {DisputeStatus.WON, DisputeStatus.LOST}
    into_disputes = {
        move
        for (source, move), target in DISPUTE_NEXT.items()
        if source in domain.INQUIRIES and target in chargebacks
    }
    assert into_disputes == {DisputeMove.ESCALATE}


def test_every_dispute_that_is_open_can_end():
    for status in set(DisputeStatus) - domain.CLOSED:
        assert reachable(status, DISPUTE_NEXT) & domain.CLOSED


@pytest.mark.parametrize("said", DisputeStatus)
def test_whatever_is_heard_first_of_a_dispute_a_way_leads_there(said):
    first = domain.first_status(said)
    moves = domain.way(first, said)

    assert moves is not None
    assert (first in domain.INQUIRIES) == (said in domain.INQUIRIES)
    status = first
    for move in moves:
        status = domain.next_dispute_status(status, move)
    assert status == said


@pytest.mark.parametrize(
    ("present", "said", "moves"),
    [
        ("needs_response", "needs_response", ()),
        ("needs_response", "won", ("WIN",)),
        ("warning_needs_response", "lost", ("ESCALATE", "LOSE")),
        ("warning_closed", "won", ("ESCALATE", "WIN")),
        ("lost", "won", ("WIN",)),
        ("won", "lost", ("LOSE",)),
        ("won", "under_review", None),
        ("under_review", "needs_response", None),
        ("needs_response", "warning_closed", None),
    ],
)
def test_what_lies_between_is_made_up_for(present, said, moves):
    found = domain.way(DisputeStatus(present), DisputeStatus(said))

    assert found == (None if moves is None else tuple(DisputeMove[name] for name in moves))


def test_evidence_is_taken_while_somebody_waits_for_it():
    takes = {source for (source, move), _ in DISPUTE_NEXT.items() if move == DisputeMove.SUBMIT}

    assert takes >= domain.ANSWERABLE
    assert not takes & domain.CLOSED


@pytest.mark.parametrize(
    "change",
    [
        {"status": "whatever"},
        {"amount": "ten"},
        {"amount": None},
        {"amount": 0},
        {"currency": "xxx"},
        {"charge": None, "status": None},
        {"due_by": "soon"},
        {"due_by": 10**20},
    ],
)
def test_what_are_no_facts_of_a_dispute_is_refused(change):
    with pytest.raises(Invalid) as refusal:
        domain.dispute_facts({**FACTS, **change})

    assert refusal.value.code == "invalid_dispute"


def test_the_facts_of_a_dispute_are_read():
    facts = domain.dispute_facts({**FACTS, "reason": "fraudulent", "due_by": 1_800_000_000})

    assert facts.money == Money(1_000, "usd")
    assert facts.reason == "fraudulent"
    assert facts.due_by == datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "lost", "expected"),
    [
        (None, 0, 2_000),
        (None, 500, 1_500),
        (1_500, 500, 1_500),
        (1_501, 500, domain.AmountTooLarge),
        (None, 2_000, domain.ChargeDisputed),
        (None, 2_500, domain.ChargeDisputed),
    ],
)
def test_what_a_dispute_took_is_not_refunded_too(asked, lost, expected):
    terms = {
        "captured": Money(2_500, "eur"),
        "refunded": Money(500, "eur"),
        "lost": Money(lost, "eur"),
    }
    if isinstance(expected, int):
        assert domain.refund_amount(asked, **terms) == Money(expected, "eur")
    else:
        with pytest.raises(expected):
            domain.refund_amount(asked, **terms)
