"""What disputes do to money, whatever the processor says, in whatever order it arrives."""

from collections.abc import Iterator
from itertools import permutations

import pytest
from django.core.management import call_command

from apps.core import clock
from apps.core.errors import Invalid
from apps.core.models import Job
from apps.ledger import queries as ledger
from apps.payments.domain import Notification
from apps.payments.models import Charge, Dispute
from apps.payments.services import disputes
from apps.tenants.models import Plan
from tests.payments.books import available, fees, own, receivable
from tests.payments.paying import event_types, pay

pytestmark = pytest.mark.django_db
FEE = 1_500


@pytest.fixture
def plan(environment) -> Iterator[Plan]:
    """Return the plan of the environment, which stays as it was."""
    plan: Plan = environment.tenant.plan
    fees_before = plan.fees
    yield plan
    plan.fees = fees_before


@pytest.fixture
def dear(plan: Plan) -> None:
    """Let a dispute cost something."""
    call_command("set_plan", name=plan.name, dispute=[("usd", FEE)])
    plan.refresh_from_db()


def say(charge: str, status: str, sequence: int = 0, reference: str = "", **facts: object) -> None:
    """Let the processor say where the dispute of a charge stands."""
    attempt = Charge.objects.get(pk=charge).attempt_reference
    told = {"charge": attempt, "status": status, "amount": 10_000, "currency": "usd", **facts}
    disputes.apply(
        Notification(
            id=f"ntf_{sequence}",
            kind="dispute",
            reference=reference or f"dispute_{attempt}",
            sequence=sequence,
            occurred_at=clock.now(),
            facts=told,
        ),
        processor="sim",
        now=clock.now(),
    )


def test_the_money_and_a_fee_are_taken_at_once(api, dear):
    charge = pay(api)["latest_charge"]

    say(charge, "needs_response")

    assert (own(), available()) == (9_680 - 10_000 - FEE, -10_000 - FEE)
    assert (receivable(), fees()) == (0, 320 + FEE)
    (taken,) = api.get(f"charges/{charge}/dispute")["balance_transactions"]
    assert (taken["amount"], taken["fee"], taken["net"]) == (-10_000, FEE, -10_000 - FEE)
    assert (taken["type"], taken["reporting_category"]) == ("adjustment", "dispute")
    assert taken["status"] == "available"
    assert ledger.check_drift() == []


def test_a_dispute_that_is_won_gives_money_and_fee_back(api, dear):
    charge = pay(api)["latest_charge"]
    say(charge, "needs_response", 1)

    say(charge, "won", 2)

    assert (own(), receivable(), fees()) == (9_680, 10_000, 320)
    _, back = api.get(f"charges/{charge}/dispute")["balance_transactions"]
    assert (back["amount"], back["fee"], back["net"]) == (10_000, -FEE, 10_000 + FEE)
    assert back["reporting_category"] == "dispute_reversal"
    assert ledger.check_drift() == []


def test_the_fee_is_that_of_the_day_of_the_dispute(api, plan, dear):
    """What comes back is what was taken, also if the plan has changed."""
    charge = pay(api)["latest_charge"]
    say(charge, "needs_response", 1)
    plan.fees = {**plan.fees, "dispute_minor": {"usd": 9}}

    say(charge, "won", 2)

    assert (own(), fees()) == (9_680, 320)


def test_a_dispute_that_is_lost_moves_nothing_more(api, dear):
    charge = pay(api)["latest_charge"]
    say(charge, "needs_response", 1)
    taken = own()

    say(charge, "lost", 2)

    assert (own(), receivable(), fees()) == (taken, 0, 320 + FEE)
    # A bank may think better of it.
    say(charge, "won", 3)
    assert (own(), receivable(), fees()) == (9_680, 10_000, 320)


def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(api, dear):
    charge = pay(api)["latest_charge"]
    say(charge, "warning_needs_response", 1)
    inquiry = api.get(f"charges/{charge}/dispute")
    assert (own(), receivable()) == (9_680, 10_000)
    assert inquiry["balance_transactions"] == []

    say(charge, "needs_response", 2, due_by=1_900_000_000)

    dispute = api.get(f"charges/{charge}/dispute")
    assert dispute["status"] == "needs_response"
    assert dispute["evidence_details"]["due_by"] == 1_900_000_000
    assert dispute["payment_method_details"]["card"]["case_type"] == "chargeback"
    assert (own(), receivable()) == (9_680 - 10_000 - FEE, 0)
    assert event_types(dispute["id"])[-2:] == [
        *("charge.dispute.updated", "charge.dispute.funds_withdrawn"),
    ]


def test_what_was_refunded_during_the_inquiry_is_not_taken_again(api):
    charge = pay(api)["latest_charge"]
    say(charge, "warning_needs_response", 1)
    api.post("refunds", {"charge": charge, "amount": 4_000})

    say(charge, "needs_response", 2, amount=6_000)

    assert api.get(f"charges/{charge}/dispute")["amount"] == 6_000
    assert receivable() == 0


STORY = [("warning_needs_response", 1), ("needs_response", 2), ("under_review", 3), ("won", 4)]


@pytest.mark.parametrize(
    "order",
    [*permutations(STORY)],
    ids=lambda told: "".join(str(sequence) for _, sequence in told),
)
def test_whatever_overtakes_whatever_the_books_are_those_of_the_end(api, dear, order):
    charge = pay(api)["latest_charge"]

    for status, sequence in order:
        say(charge, status, sequence)
        say(charge, status, sequence)

    dispute = api.get(f"charges/{charge}/dispute")
    assert dispute["status"] == "won"
    assert (own(), receivable(), fees()) == (9_680, 10_000, 320)
    assert sum(one["net"] for one in dispute["balance_transactions"]) == 0
    assert len(dispute["balance_transactions"]) == 2
    told = event_types(dispute["id"])
    assert told[0] == "charge.dispute.created"
    for once in ("created", "funds_withdrawn", "funds_reinstated", "closed"):
        assert told.count(f"charge.dispute.{once}") == 1
    assert ledger.check_drift() == []


@pytest.mark.parametrize(
    ("only", "merchant", "owed"),
    [("won", 9_680, 10_000), ("lost", -320, 0), ("warning_closed", 9_680, 10_000)],
)
def test_all_but_the_last_word_may_be_lost(api, only, merchant, owed):
    charge = pay(api)["latest_charge"]

    say(charge, only)

    dispute = api.get(f"charges/{charge}/dispute")
    assert dispute["status"] == only
    assert (own(), receivable()) == (merchant, owed)
    assert event_types(dispute["id"])[-1] == "charge.dispute.closed"


def test_a_bank_that_takes_its_word_back_moves_the_money_each_time(api, plan, dear):
    charge = pay(api)["latest_charge"]
    say(charge, "won", 1)
    plan.fees = {**plan.fees, "dispute_minor": {"usd": 9}}

    say(charge, "lost", 2)
    say(charge, "lost", 2)

    dispute = api.get(f"charges/{charge}/dispute")
    assert (dispute["status"], dispute["is_charge_refundable"]) == ("lost", False)
    assert (own(), receivable(), fees()) == (9_680 - 10_000 - FEE, 0, 320 + FEE)
    assert event_types(dispute["id"])[-3:] == [
        *("charge.dispute.updated", "charge.dispute.funds_withdrawn", "charge.dispute.closed"),
    ]
    say(charge, "won", 3)
    moved = [one["net"] for one in api.get(f"charges/{charge}/dispute")["balance_transactions"]]
    assert moved == [-10_000 - FEE, 10_000 + FEE] * 2
    assert (own(), receivable(), fees()) == (9_680, 10_000, 320)
    assert ledger.check_drift() == []


def test_what_was_refunded_after_a_dispute_was_won_is_not_taken_again(api):
    charge = pay(api)["latest_charge"]
    say(charge, "won", 1)
    api.post("refunds", {"charge": charge, "amount": 4_000})

    say(charge, "lost", 2, amount=6_000)

    assert receivable() == 0
    error = api.post("refunds", {"charge": charge, "amount": 1}, status=400).error
    assert error["code"] == "charge_disputed"


def test_what_is_disputed_is_not_refunded(api):
    charge = pay(api)["latest_charge"]
    say(charge, "needs_response", 1)

    open_dispute = api.post("refunds", {"charge": charge, "amount": 1}, status=400).error
    say(charge, "lost", 2)
    lost = api.post("refunds", {"charge": charge, "amount": 1}, status=400).error
    say(charge, "won", 3)
    refund = api.post("refunds", {"charge": charge})

    assert (open_dispute["code"], lost["code"]) == ("charge_disputed", "charge_disputed")
    assert refund["amount"] == 10_000


def test_what_an_inquiry_is_about_is_refunded(api):
    charge = pay(api)["latest_charge"]
    say(charge, "warning_needs_response")

    assert api.post("refunds", {"charge": charge})["amount"] == 10_000


def test_what_a_lost_dispute_left_can_be_refunded(api):
    charge = pay(api)["latest_charge"]
    say(charge, "lost", amount=3_000)

    error = api.post("refunds", {"charge": charge, "amount": 7_001}, status=400).error
    rest = api.post("refunds", {"charge": charge})

    assert (error["code"], error["param"]) == ("amount_too_large", "amount")
    assert rest["amount"] == 7_000
    assert receivable() == 0


def test_a_dispute_of_a_charge_that_is_not_known_yet_is_told_again(api):
    notification = Notification(
        id="ntf",
        kind="dispute",
        reference="dispute_1",
        sequence=1,
        occurred_at=clock.now(),
        facts={"charge": "att_0", "status": "lost", "amount": 1, "currency": "usd"},
    )

    with pytest.raises(disputes.UnknownCharge):
        disputes.apply(notification, processor="sim", now=clock.now())


def test_the_dispute_of_one_charge_is_not_that_of_another(api):
    first, second = (pay(api)["latest_charge"] for _ in range(2))
    say(first, "needs_response", 1)
    reference = Dispute.objects.get().processor_reference
    before = own()

    with pytest.raises(Invalid, match="another charge"):
        say(second, "won", 2, reference=reference)

    assert api.get(f"charges/{first}/dispute")["status"] == "needs_response"
    assert api.get(f"charges/{second}")["disputed"] is False
    assert own() == before


@pytest.mark.parametrize("facts", [{"currency": "eur"}, {"status": "whatever"}, {"amount": -1}])
def test_what_cannot_be_about_this_charge_changes_nothing(api, facts):
    charge = pay(api)["latest_charge"]

    with pytest.raises(Invalid):
        say(charge, **{"status": "needs_response", **facts})

    assert not Dispute.objects.exists()
    assert own() == 9_680


def test_an_older_word_takes_no_time_away(api):
    charge = pay(api)["latest_charge"]
    say(charge, "needs_response", 1, due_by=1_900_000_000)
    say(charge, "needs_response", 2, due_by=1_900_086_400)

    say(charge, "needs_response", 1, due_by=1_900_000_000)

    dispute = api.get(f"charges/{charge}/dispute")
    assert dispute["evidence_details"]["due_by"] == 1_900_086_400
    assert event_types(dispute["id"])[-1] == "charge.dispute.updated"
    jobs_due = Job.objects.filter(task="payments.dispute_due").values_list("due_at", flat=True)
    assert clock.from_unix(1_900_086_400) in jobs_due
