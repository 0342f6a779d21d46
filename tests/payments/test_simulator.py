"""The simulator as a processor: what it decides, what it refuses, and what it remembers."""

from datetime import datetime, timedelta

import pytest

from apps.payments.domain import Answer, AttemptKind, Order, Outcome
from apps.payments.models import SimulatedEvent, SimulatedOrder
from apps.payments.processors import cards, named, simulator
from tests.payments.orders import NOW, charge, order

pytestmark = pytest.mark.django_db
SIM = named("sim")
CAPTURE, VOID, REFUND = AttemptKind.CAPTURE, AttemptKind.VOID, AttemptKind.REFUND
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def here(environment):
    """Everything happens in a sandbox."""


def enquired(of: Order, *, now: datetime = NOW) -> Answer:
    """Return what the simulator says of an order that it has taken."""
    answer = SIM.enquire(of.reference, now=now)
    assert answer is not None
    return answer


def charged(token="visa", minor=10_000, **details):
    """Charge a card; return the reference."""
    sent = charge(token, minor, **details)
    assert SIM.authorise(sent, now=NOW).outcome == Outcome.APPROVED
    return sent.reference


@pytest.mark.parametrize("card", cards.CARDS, ids=lambda card: card.key)
def test_each_card_ends_a_payment_as_its_behaviour_says(card):
    answer = SIM.authorise(charge(card.key), now=NOW)

    is_asked = card.behaviour.challenge in ("always", "unless_set_up")
    if is_asked:
        assert answer.outcome == Outcome.ACTION
        assert answer.action["type"] == "redirect"
    elif card.code:
        assert (answer.outcome, answer.code) == (Outcome.DECLINED, card.code)
        assert (answer.decline_code, bool(answer.message)) == (card.decline_code, True)
    else:
        assert answer.outcome == Outcome.APPROVED
        assert answer.network["authorization_code"]
        assert answer.network["risk"]["level"] == card.behaviour.risk_level
        assert answer.available_at_once == (card.key == "bypassPending")


@pytest.mark.parametrize(
    ("token", "details", "outcome", "code"),
    [
        ("authenticationRequired", {"is_authenticated": True}, "action", ""),
        ("authenticationRequired", {"off_session": True}, "declined", "authentication_required"),
        (
            "authenticationRequired",
            {"off_session": True, "is_authenticated": True},
            "declined",
            "authentication_required",
        ),
        ("authenticationRequiredOnSetup", {}, "action", ""),
        (
            "authenticationRequiredOnSetup",
            {"off_session": True},
            "declined",
            "authentication_required",
        ),
        (
            "authenticationRequiredOnSetup",
            {"off_session": True, "is_authenticated": True},
            "approved",
            "",
        ),
        ("threeDSecureOptional", {}, "approved", ""),
        ("threeDSecureOptional", {"request_three_d_secure": "any"}, "action", ""),
        ("visa", {"request_three_d_secure": "challenge"}, "approved", ""),
    ],
)
def test_a_challenge_is_asked_for_where_the_card_wants_it(token, details, outcome, code):
    answer = SIM.authorise(charge(token, **details), now=NOW)

    assert (answer.outcome, answer.code) == (outcome, code)


@pytest.mark.parametrize(
    ("token", "is_passed", "outcome", "code"),
    [
        ("authenticationRequired", True, "approved", ""),
        ("authenticationRequired", False, "declined", "payment_intent_authentication_failure"),
        ("threeDSecureRequiredChargeDeclined", True, "declined", "card_declined"),
    ],
)
def test_a_challenge_leads_on(token, is_passed, outcome, code):
    asked = charge(token)
    first = SIM.authorise(asked, now=NOW)

    answer = simulator.authenticate(asked.reference, is_passed=is_passed, now=NOW)

    assert (answer.outcome, answer.code) == (outcome, code)
    assert answer.sequence > first.sequence
    assert SIM.enquire(asked.reference, now=NOW) == answer
    # A second answer of the payer's changes nothing.
    assert simulator.authenticate(asked.reference, is_passed=not is_passed, now=NOW) == answer
    if outcome == "approved":
        assert answer.network["three_d_secure"]["result"] == "authenticated"


def test_a_challenge_that_nobody_answers_is_failed_after_a_day():
    asked = charge("authenticationRequired")
    SIM.authorise(asked, now=NOW)

    assert enquired(asked, now=NOW + DAY / 2).outcome == Outcome.ACTION
    late = enquired(asked, now=NOW + DAY)

    assert (late.outcome, late.code) == (
        Outcome.DECLINED,
        "payment_intent_authentication_failure",
    )
    assert not list(SIM.settle_report(since=NOW - DAY, until=NOW + 2 * DAY))


def test_a_passed_challenge_that_was_only_noted_serves_one_other_payment():
    asked = charge("authenticationRequired")
    SIM.authorise(asked, now=NOW)
    noted = simulator.authenticate(asked.reference, is_passed=True, now=NOW, goes_on=False)
    assert noted.outcome == Outcome.ACTION

    paid = SIM.authorise(charge("authenticationRequired", original=asked.reference), now=NOW)
    again = SIM.authorise(charge("authenticationRequired", original=asked.reference), now=NOW)

    assert (paid.outcome, again.outcome) == (Outcome.APPROVED, Outcome.ACTION)
    assert enquired(asked).outcome == Outcome.DECLINED


@pytest.mark.parametrize("token", ["visa", "chargeDeclined", "createDispute"])
def test_the_same_reference_is_the_same_order(token):
    sent = charge(token)
    first = SIM.authorise(sent, now=NOW)

    assert SIM.authorise(sent, now=NOW + DAY) == first
    assert SIM.enquire(sent.reference, now=NOW + DAY) == first
    assert SIM.enquire("att_never_sent", now=NOW) is None
    assert SimulatedOrder.objects.count() == 1
    assert SimulatedEvent.objects.count() == (token == "createDispute")
    other = charge(token, 20_000, reference=sent.reference)
    assert SIM.authorise(other, now=NOW).code == "simulator_refused"


def test_no_more_is_captured_than_was_authorised():
    held = charged(capture=False)
    first = order(CAPTURE, 6_000, original=held)
    assert SIM.capture(first, now=NOW).outcome == Outcome.APPROVED
    assert SIM.capture(first, now=NOW).outcome == Outcome.APPROVED  # the same one
    too_much = SIM.capture(order(CAPTURE, 4_001, original=held), now=NOW)
    assert (too_much.outcome, too_much.code) == (Outcome.DECLINED, "simulator_refused")
    other = order(CAPTURE, 1, original=held, reference=first.reference)
    assert SIM.capture(other, now=NOW).code == "simulator_refused"
    assert SIM.capture(order(CAPTURE, 4_000, original=held), now=NOW).outcome == "approved"
    assert [
        (line.kind, line.money.minor) for line in SIM.settle_report(since=NOW, until=NOW + DAY)
    ] == [("charge", 6_000), ("charge", 4_000)]


def test_an_authorisation_ends_by_release_or_by_time():
    held, released = charged(capture=False), charged(capture=False)
    assert SIM.cancel(order(VOID, original=released), now=NOW).outcome == Outcome.APPROVED
    assert SIM.capture(order(CAPTURE, original=released), now=NOW).outcome == Outcome.DECLINED
    late = SIM.capture(order(CAPTURE, original=held), now=NOW + 7 * DAY)
    assert (late.outcome, late.code) == (Outcome.DECLINED, "charge_expired_for_capture")
    assert SIM.cancel(order(VOID, original=charged()), now=NOW).outcome == Outcome.DECLINED


def test_an_authorisation_is_raised_to_a_new_total():
    held = charged(capture=False)
    raised = order(AttemptKind.INCREMENT, 15_000, original=held)
    assert SIM.increment(raised, now=NOW).outcome == Outcome.APPROVED
    assert SIM.increment(raised, now=NOW).outcome == Outcome.APPROVED
    less = order(AttemptKind.INCREMENT, 15_000, original=held)
    assert SIM.increment(less, now=NOW).outcome == Outcome.DECLINED
    assert SIM.capture(order(CAPTURE, 15_000, original=held), now=NOW).outcome == "approved"


def test_no_more_is_refunded_than_was_captured():
    paid = charged()
    assert SIM.refund(order(REFUND, 9_000, original=paid), now=NOW).outcome == Outcome.APPROVED
    assert SIM.refund(order(REFUND, 1_001, original=paid), now=NOW).outcome == Outcome.DECLINED
    assert SIM.refund(order(REFUND, 1, original=charged(capture=False)), now=NOW).code
    assert SIM.refund(order(REFUND, 1, original="att_unknown"), now=NOW).code


def test_a_pending_refund_can_be_stopped_and_one_that_has_ended_cannot():
    paid = charged("pendingRefund")
    stopped, ended = (order(REFUND, 4_000, original=one) for one in (paid, charged()))
    assert SIM.refund(stopped, now=NOW).outcome == Outcome.PENDING
    cancel = AttemptKind.REFUND_CANCEL
    assert SIM.cancel(order(cancel, 4_000, original=stopped.reference), now=NOW).outcome == (
        Outcome.APPROVED
    )
    assert enquired(stopped).outcome == Outcome.DECLINED
    # What came back can be refunded again.
    assert SIM.refund(order(REFUND, 10_000, original=paid), now=NOW).outcome == Outcome.PENDING
    assert SIM.refund(ended, now=NOW).outcome == Outcome.APPROVED
    refused = SIM.cancel(order(cancel, 4_000, original=ended.reference), now=NOW)
    assert refused.outcome == Outcome.DECLINED


def test_the_report_has_what_was_moved_in_its_time():
    paid = charged()
    SIM.refund(order(REFUND, 3_000, original=paid), now=NOW + DAY)
    SIM.authorise(charge("chargeDeclined"), now=NOW)
    charged(capture=False)

    def moved(since, until):
        lines = SIM.settle_report(since=since, until=until)
        return [(line.kind, line.money.minor) for line in lines]

    assert moved(NOW, NOW + DAY) == [("charge", 10_000)]
    assert moved(NOW + DAY, NOW + 2 * DAY) == [("refund", -3_000)]
    assert moved(NOW + 2 * DAY, NOW + 3 * DAY) == []
