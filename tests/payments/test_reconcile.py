"""Our books beside the processor's report: what is caught up with, and what is found."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.models import Job
from apps.core.money import Money
from apps.ledger import queries as ledger
from apps.payments import services
from apps.payments.models import Attempt, Charge, Dispute, SimulatedEvent, SimulatedOrder
from apps.payments.processors import simulator
from apps.payments.services import attempts, confirming, reconciling
from tests.payments.orders import let_pass
from tests.payments.paying import pay

pytestmark = pytest.mark.django_db
TERMS = {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reconcile():
    """Compare, as the next hour does."""
    return [str(one) for one in services.reconcile(now=clock.now() + HOUR)]


def deaf(api, on, *later, **step):
    """Let the processor do something by itself, and tell nobody."""
    steps = [{"on": on, "notify": {"lost": True}, "later": list(later), **step}]
    return api.post("test_helpers/scenarios", {"name": "deaf", "steps": steps})


def receivable():
    """Return what we believe the processor owes us."""
    balances = ledger.balances_by_code(["processor:sim:receivable"], currency="usd")
    return balances.get("processor:sim:receivable", 0)


def test_what_agrees_needs_nothing(api):
    paid = pay(api)
    pay(api, capture_method="manual")
    api.post("refunds", {"payment_intent": paid["id"], "amount": 1_000})
    assert reconcile() == []
    assert receivable() == 9_000


def test_a_payment_that_nobody_recorded_is_recorded(api, environment):
    attempt = confirming.create_and_claim(given=TERMS, now=clock.now())
    attempts._submit(attempt, now=clock.now())
    Job.objects.filter(task="payments.enquire").delete()

    assert reconcile() == []

    assert api.get("payment_intents")["data"][0]["status"] == "succeeded"
    assert receivable() == 10_000
    assert reconcile() == []
    assert receivable() == 10_000


@pytest.mark.parametrize("happens", ["refund_failed", "refund_succeeded"])
def test_the_end_of_a_refund_that_nobody_heard_of(api, happens):
    deaf(api, "refund", {"after": "1s", "happens": happens}, outcome="pending")
    paid = pay(api)
    refund = api.post("refunds", {"payment_intent": paid["id"], "amount": 4_000})
    let_pass(timedelta(seconds=5))
    assert api.get(f"refunds/{refund['id']}")["status"] == "pending"

    assert reconcile() == []

    ended = "failed" if happens == "refund_failed" else "pending"  # its money has left already
    assert api.get(f"refunds/{refund['id']}")["status"] == ended
    assert receivable() == (10_000 if ended == "failed" else 6_000)


def test_a_dispute_that_nobody_heard_of(api):
    deaf(api, "charge", {"after": "1s", "happens": "dispute", "reason": "fraudulent"})
    pay(api)
    let_pass(timedelta(seconds=5))
    assert api.get("disputes")["data"] == []

    assert reconcile() == []

    (dispute,) = api.get("disputes")["data"]
    assert (dispute["status"], receivable()) == ("needs_response", 0)
    evidence = {"uncategorized_text": "winning_evidence"}
    api.post(f"disputes/{dispute['id']}", {"evidence": evidence, "submit": True})
    let_pass(timedelta(seconds=5))
    assert api.get(f"disputes/{dispute['id']}")["status"] == "under_review"
    assert reconcile() == []
    assert api.get(f"disputes/{dispute['id']}")["status"] == "won"
    assert receivable() == 10_000
    assert ledger.check_drift() == []


def test_a_dispute_that_is_lost_again_and_nobody_heard_of(api):
    deaf(api, "charge", {"after": "1s", "happens": "dispute"})
    pay(api)
    let_pass(timedelta(seconds=5))
    assert reconcile() == []
    (dispute,) = api.get("disputes")["data"]
    api.post(f"disputes/{dispute['id']}", {"evidence": {"uncategorized_text": "winning_evidence"}})
    let_pass(timedelta(seconds=5))
    assert reconcile() == []
    assert receivable() == 10_000
    row = SimulatedOrder.objects.get(kind="dispute")
    again = clock.now() + timedelta(minutes=1)
    row.facts |= {"status": "lost", "withdrawn_at": again.isoformat()}
    row.sequence, row.changed_at = row.sequence + 1, again
    row.save()

    assert reconcile() == []

    assert api.get(f"disputes/{dispute['id']}")["status"] == "lost"
    assert receivable() == 0
    assert ledger.check_drift() == []


def test_a_dispute_that_the_report_has_of_another_charge_is_found(api):
    deaf(api, "charge", {"after": "1s", "happens": "dispute"})
    pay(api)
    other = pay(api)
    let_pass(timedelta(seconds=5))
    row, _ = SimulatedOrder.objects.filter(kind="dispute").order_by("reference")
    assert reconcile() == []
    heard = Dispute.objects.get(processor_reference=row.reference)
    taken = receivable()
    row.original = Charge.objects.get(pk=other["latest_charge"]).attempt_reference
    row.save()

    found = reconcile()

    assert found == [f"dispute {row.reference}: not_recorded"]
    heard.refresh_from_db()
    assert heard.charge_id != other["latest_charge"]
    assert receivable() == taken


def test_a_transfer_that_nobody_heard_of(api):
    customer = api.post("customers")["id"]
    simulator.receive_transfer(
        "transfer_1", customer=customer, money=Money(5_000, "usd"), note=None, now=clock.now()
    )
    Job.objects.filter(task="payments.simulate").delete()

    assert reconcile() == []
    assert reconcile() == []

    assert receivable() == 5_000
    cash = api.get(f"customers/{customer}/cash_balance")
    assert cash["available"] == {"usd": 5_000}


def test_what_cannot_be_explained_is_found_and_left_alone(api, caplog):
    for _ in range(3):
        pay(api)
    unknown, unmoved, other = SimulatedOrder.objects.order_by("reference")
    SimulatedOrder.objects.filter(pk=unmoved.pk).delete()
    SimulatedOrder.objects.filter(pk=other.pk).update(
        amount_minor=9_999, authorised_minor=9_999, captured_minor=9_999
    )
    SimulatedOrder.objects.filter(pk=unknown.pk).delete()
    unknown.reference = "att_of_nobody"
    unknown.save(force_insert=True)
    names = list(Attempt.objects.order_by("id").values_list("id", flat=True))

    found = reconcile()

    assert set(found) == {
        "charge att_of_nobody: not_recorded",
        f"charge {names[0]}: not_moved",
        f"charge {unmoved.reference}: not_moved",
        f"charge {other.reference}: other_amount",
    }
    assert receivable() == 30_000
    assert "reconciliation_difference" in caplog.text


def test_it_is_done_every_night_as_long_as_money_may_move(api, environment):
    pay(api)
    (first,) = Job.objects.filter(task="payments.reconcile")
    pay(api)  # of the same day: one job
    assert Job.objects.filter(task="payments.reconcile").count() == 1
    assert first.due_at - clock.now() <= 27 * HOUR
    services.run_reconciliation(since=None, now=first.due_at)
    later = Job.objects.filter(task="payments.reconcile").latest("due_at")
    assert later.due_at - first.due_at == DAY
    assert later.kwargs["since"] < first.due_at.isoformat()
    Job.objects.filter(task="payments.reconcile").delete()

    services.run_reconciliation(since=None, now=clock.now() + reconciling.MOVES_FOR)

    assert not Job.objects.filter(task="payments.reconcile").exists()


def test_what_was_moved_while_nobody_compared_is_compared_later(api):
    deaf(api, "charge", {"after": "1s", "happens": "dispute"})
    pay(api)
    began = clock.now()
    let_pass(timedelta(seconds=5))
    late = began + 10 * DAY

    services.reconcile(now=late)
    assert api.get("disputes")["data"] == []
    services.reconcile(now=late, since=began - HOUR)

    assert len(api.get("disputes")["data"]) == 1
    assert SimulatedEvent.objects.filter(happens="tell").count() == 0
