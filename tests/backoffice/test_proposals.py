"""Reversals with four eyes, through the pages of the admin."""

import re

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.db import transaction

from apps.core import clock, context
from apps.core.money import Money
from apps.identity.models import AuditEntry, User
from apps.ledger import queries, services
from apps.ledger.domain import Posting, chart
from apps.ledger.models import LedgerProposal, LedgerState, LedgerTransaction
from tests.backoffice.operators import Operator, make_user, text

BANK, WALLET = chart.bank_settlement(), chart.wallet("wal_1")
QUEUE = "/admin/ledger/ledgerproposal/"
REASON = "Entered twice"


def pay_in(reference="top-up"):
    with transaction.atomic():
        posting = Posting(BANK, WALLET, Money(50_00, "usd"))
        return services.post([posting], reference=reference).transaction_id


def balance():
    return queries.balances_by_code([WALLET], currency="usd")[WALLET]


def proposing(transaction_id):
    return f"/admin/ledger/ledgertransaction/{quote(transaction_id)}/propose-reversal/"


def deciding(proposal, decision):
    return f"{QUEUE}{quote(proposal.pk)}/{decision}/"


def page(proposal):
    return f"{QUEUE}{quote(proposal.pk)}/change/"


def messages(operator, answer):
    """Return what the operator is told after an answer, on the page or on the one that follows."""
    shown = text(operator.get(answer["Location"]) if answer.status_code == 302 else answer)
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


@pytest.fixture
def colleague(environment):
    """Another operator, in the same environment."""
    other = Operator(make_user("colleague@backoffice.test"))
    other.choose(environment)
    return other


@pytest.fixture
def paid(environment):
    """A transaction that was a mistake."""
    return pay_in()


@pytest.fixture
def proposal(operator, paid):
    """Its reversal, proposed by `operator`."""
    answer = operator.post(proposing(paid), reason=REASON)
    assert answer.status_code == 302
    return LedgerProposal.objects.get()


def test_one_proposes_and_another_approves(operator, colleague, paid, proposal):
    assert "Proposed. Another operator has to approve it." in text(operator.get(page(proposal)))
    assert (proposal.status, proposal.reason, proposal.transaction_id) == ("proposed", REASON, paid)
    assert balance() == 50_00
    assert WALLET in text(colleague.get(page(proposal)))  # what is to be reversed

    answer = colleague.post(deciding(proposal, "approve"))

    assert "Approved: the transaction is reversed." in messages(colleague, answer)
    assert balance() == 0
    decided = LedgerProposal.objects.get()
    operators = User.objects.in_bulk(field_name="email")
    by = {
        f"operator:{operators[f'{name}@backoffice.test'].pk}" for name in ("operator", "colleague")
    }
    assert {decided.proposed_by, decided.decided_by} == by
    assert answer["Location"].endswith(f"{quote(decided.reversal_id or '')}/change/")
    trail = AuditEntry.objects.filter(object_id=proposal.pk).order_by("id")
    assert [one.action for one in trail] == ["ledger.proposal.proposed", "ledger.proposal.approved"]
    assert all(one.environment_id == context.current().environment.id for one in trail)


def test_a_rejection_keeps_its_reason_and_posts_nothing(operator, colleague, proposal):
    answer = colleague.post(deciding(proposal, "reject"), reason="It is right")

    assert "Rejected: nothing was posted." in messages(colleague, answer)
    assert "It is right" in text(operator.get(page(proposal)))
    assert (LedgerProposal.objects.get().status, balance()) == ("rejected", 50_00)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_who_proposed_it_does_not_decide(operator, proposal, decision):
    shown = text(operator.get(page(proposal)))
    assert "You proposed this reversal: another operator has to decide." in shown
    assert deciding(proposal, "approve") not in shown

    answer = operator.post(deciding(proposal, decision), reason="Mine")

    assert "Another operator has to decide" in messages(operator, answer)
    assert (LedgerProposal.objects.get().status, balance()) == ("proposed", 50_00)


def test_the_colleague_is_offered_to_decide(colleague, proposal):
    shown = text(colleague.get(page(proposal)))

    assert deciding(proposal, "approve") in shown
    assert deciding(proposal, "reject") in shown


def test_what_was_decided_is_not_decided_again(operator, colleague, proposal):
    colleague.post(deciding(proposal, "reject"), reason="It is right")

    assert deciding(proposal, "approve") not in text(colleague.get(page(proposal)))
    answer = colleague.post(deciding(proposal, "approve"))
    assert "The proposal has been rejected already." in messages(colleague, answer)
    assert balance() == 50_00


def test_refusals_of_the_ledger_are_told(operator, colleague, paid, proposal):
    with transaction.atomic():
        services.post([Posting(WALLET, BANK, Money(1, "usd"))], reference="spent")
    answer = colleague.post(deciding(proposal, "approve"))
    assert "would fall below its floor" in messages(colleague, answer)

    LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="drift")
    answer = colleague.post(deciding(proposal, "approve"))
    assert "frozen" in messages(colleague, answer).lower()
    assert LedgerProposal.objects.get().status == "proposed"


def test_what_was_reversed_meanwhile_is_told(operator, colleague, paid, proposal):
    with transaction.atomic():
        services.post(
            [Posting(WALLET, BANK, Money(50_00, "usd"))], reference="undone", reverses=paid
        )
    answer = colleague.post(deciding(proposal, "approve"))

    assert "reversed before" in messages(colleague, answer)
    assert LedgerTransaction.objects.filter(reverses=paid).count() == 1


def test_a_second_proposal_is_refused(operator, colleague, paid, proposal):
    transaction_page = f"/admin/ledger/ledgertransaction/{quote(paid)}/change/"
    assert proposing(paid) not in text(colleague.get(transaction_page))
    answer = colleague.post(proposing(paid), reason="Me too")

    assert "waits for a decision" in messages(colleague, answer)
    assert LedgerProposal.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\0b"])
def test_a_reason_is_asked_for(operator, paid, reason):
    answer = operator.post(proposing(paid), reason=reason)

    assert 'name="reason"' in text(answer)
    assert not LedgerProposal.objects.exists()


def test_the_queue_counts_what_waits(operator, colleague, environment, proposal):
    other = pay_in("another")
    operator.post(proposing(other), reason=REASON)
    sidebar = re.compile(r"Proposals</span>\s*<span[^>]*>\s*(\d+)")

    (count,) = sidebar.findall(text(colleague.get("/admin/")))
    assert count == "2"
    queue = text(colleague.get(QUEUE, status="proposed"))
    assert proposal.pk in queue
    colleague.post(deciding(proposal, "reject"), reason="It is right")
    assert proposal.pk not in text(colleague.get(QUEUE, status="proposed"))
    assert sidebar.findall(text(colleague.get("/admin/"))) == ["1"]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_question_comes_first(colleague, proposal, decision):
    assert '<form method="post"' in text(colleague.get(deciding(proposal, decision)))
    assert (LedgerProposal.objects.get().status, balance()) == ("proposed", 50_00)


def test_asking_for_a_reversal_proposes_nothing(operator, paid):
    assert '<form method="post"' in text(operator.get(proposing(paid)))
    assert not LedgerProposal.objects.exists()


def clerk(environment, *permissions):
    """Make an operator who is no superuser, with these permissions alone."""
    user = User.objects.create_user("clerk@backoffice.test", None, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    visitor = Operator(user)
    visitor.choose(environment)
    return visitor


def test_without_the_permissions_one_may_only_look(environment, operator, paid, proposal):
    guest = clerk(environment)

    assert proposal.pk in text(guest.get(QUEUE))
    assert deciding(proposal, "approve") not in text(guest.get(page(proposal)))
    for method in (guest.get, guest.post):
        assert method(proposing(pay_in("x"))).status_code == 403
        for decision in ("approve", "reject"):
            assert method(deciding(proposal, decision)).status_code == 403
    assert (LedgerProposal.objects.get().status, balance()) == ("proposed", 100_00)


def test_each_permission_is_for_its_own_half(environment, operator, paid, proposal):
    proposer = clerk(environment, "add_ledgerproposal")

    assert proposer.post(proposing(pay_in("x")), reason=REASON).status_code == 302
    assert proposer.post(deciding(proposal, "approve")).status_code == 403


def test_who_decides_need_not_be_a_superuser(environment, operator, paid, proposal):
    decider = clerk(environment, "change_ledgerproposal")

    assert decider.post(proposing(pay_in("x")), reason=REASON).status_code == 403
    assert decider.post(deciding(proposal, "approve")).status_code == 302
    assert LedgerProposal.objects.get(pk=proposal.pk).status == "approved"


def test_who_has_not_signed_in_is_asked_to(paid, proposal):
    for path in (
        proposing(paid),
        deciding(proposal, "approve"),
        deciding(proposal, "reject"),
        QUEUE,
    ):
        answer = Operator(None).post(path, reason=REASON)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
    assert balance() == 50_00


def test_a_form_of_another_site_does_nothing(environment, paid, proposal):
    victim = Operator(make_user("victim@backoffice.test"), checks_csrf=True)
    victim.choose(environment)

    for path in (proposing(paid), deciding(proposal, "approve"), deciding(proposal, "reject")):
        assert victim.post(path, reason=REASON).status_code == 403
    assert (LedgerProposal.objects.get().status, balance()) == ("proposed", 50_00)


def test_a_proposal_of_another_environment_is_not_there(colleague, other_environment):
    with context.enter(other_environment, by="operator:0"):
        theirs = services.propose_reversal(transaction_id=pay_in(), reason=REASON, now=clock.now())
    assert colleague.post(deciding(theirs, "approve")).status_code == 404
    assert colleague.post(proposing(theirs.transaction_id), reason=REASON).status_code == 404
    assert theirs.pk not in text(colleague.get(QUEUE))
    with context.enter(other_environment, by="system"):
        assert LedgerProposal.objects.get().status == "proposed"


def test_without_an_environment_nothing_is_decided(proposal):
    stranger = Operator(make_user("stranger@backoffice.test"))
    for decision in ("approve", "reject"):
        shown = text(stranger.post(deciding(proposal, decision), reason=REASON))
        assert "Which environment?" in shown
    assert LedgerProposal.objects.get().status == "proposed"
