"""Payouts through the door, and what becomes of them."""

from datetime import timedelta

import pytest

from apps.accounts.models import ExternalAccount
from apps.balances import processors, services
from apps.balances.models import Payout, SimulatedTransfer
from apps.core import clock, jobs
from apps.core.models import Job
from apps.ledger import queries as ledger
from tests.balances.money import balance, refund
from tests.balances.paid_out import (
    A_DAY,
    ARRIVED,
    COMES_BACK,
    NO_ACCOUNT,
    bank_account,
    books,
    earn,
    paid,
    step,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination(api):
    """The default bank account, and 10,000 cents to pay out."""
    earn(10_000)
    return bank_account()


def told(api, payout_id):
    """Return the events of a payout, oldest first."""
    events = api.get("events", {"limit": 100})["data"]
    of_it = [one["type"] for one in events if one["data"]["object"]["id"] == payout_id]
    return of_it[::-1]


def moved(api, payout_id):
    """Return the balance transactions of a payout, oldest first: type, net, status."""
    rows = api.get("balance_transactions", {"source": payout_id})["data"]
    return [(row["type"], row["net"], row["status"]) for row in rows][::-1]


def test_a_payout_is_sent_and_arrives(api, destination):
    payout = api.post(
        "payouts",
        {
            "amount": 4_000,
            "currency": "usd",
            "description": "November",
            "statement_descriptor": "ASTER",
            "metadata": {"k": "v"},
        },
    )

    assert (payout["status"], payout["amount"], payout["destination"]) == (
        *("pending", 4_000),
        destination,
    )
    assert (payout["automatic"], payout["method"], payout["type"], payout["source_type"]) == (
        *(False, "standard"),
        *("bank_account", "card"),
    )
    assert payout["description"] == "November"
    assert (payout["statement_descriptor"], payout["metadata"]) == ("ASTER", {"k": "v"})
    assert books() == {"available": 6_000, "in_transit": 4_000, "bank": 0}
    assert balance() == {"usd": (0, 6_000)}
    assert not SimulatedTransfer.objects.exists()

    step(payout["id"])
    sent = api.get(f"payouts/{payout['id']}")
    assert (sent["status"], sent["trace_id"]["status"]) == ("in_transit", "supported")
    assert books() == {"available": 6_000, "in_transit": 4_000, "bank": 0}

    step(payout["id"], after=ARRIVED)
    assert api.get(f"payouts/{payout['id']}")["status"] == "paid"
    assert books() == {"available": 6_000, "in_transit": 0, "bank": -4_000}
    assert moved(api, payout["id"]) == [("payout", -4_000, "available")]
    assert told(api, payout["id"]) == ["payout.created", "payout.updated", "payout.paid"]
    assert ledger.check_drift() == []


def test_the_jobs_alone_carry_a_payout_on(api, destination):
    payout = api.post("payouts", {"amount": 4_000, "currency": "usd", "method": "instant"})
    jobs.run_due(now=clock.now())

    assert api.get(f"payouts/{payout['id']}")["status"] == "paid"
    # It is looked after for a week: it may come back.
    job = Job.objects.get(task=services.PAY)
    assert timedelta(hours=23) < job.due_at - clock.now() < timedelta(hours=25)
    step(payout["id"], after=8 * A_DAY)
    assert Job.objects.get(task=services.PAY).due_at == job.due_at


def test_the_bank_is_not_asked_while_a_payout_can_be_canceled(api, destination):
    payout = api.post("payouts", {"amount": 4_000, "currency": "usd"})
    jobs.run_due(now=clock.now())
    assert not SimulatedTransfer.objects.exists()

    jobs.run_due(now=clock.now() + timedelta(seconds=61))

    assert SimulatedTransfer.objects.get().reference == payout["id"]
    assert api.get(f"payouts/{payout['id']}")["status"] == "in_transit"


def test_all_that_belongs_to_a_payout_can_be_expanded(api, destination):
    payout = paid(api)
    shown = api.get(
        f"payouts/{payout['id']}", {"expand": ["destination", "balance_transaction.source"]}
    )

    assert shown["destination"]["last4"] == "6789"
    assert shown["balance_transaction"]["source"]["id"] == payout["id"]


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"amount": 10_001}, "amount", "balance_insufficient"),
        ({"amount": 0}, "amount", "amount_too_small"),
        ({"amount": -5}, "amount", "parameter_invalid_integer"),
        ({"currency": "eur"}, "currency", "bank_account_unusable"),
        ({"currency": "xxx"}, "currency", "invalid_currency"),
        ({"destination": "ba_000"}, "destination", "resource_missing"),
        ({"method": "slow"}, "method", None),
        ({"source_type": "fpx"}, "source_type", "balance_insufficient"),
        ({"statement_descriptor": "x" * 23}, "statement_descriptor", "parameter_invalid_string"),
        ({"payout_method": "fa_1"}, "payout_method", "parameter_unsupported"),
        ({"nonsense": 1}, "nonsense", "parameter_unknown"),
    ],
)
def test_what_cannot_be_paid_is_refused_and_moves_nothing(api, destination, given, param, code):
    error = api.post("payouts", {"amount": 100, "currency": "usd", **given}, status=400).error

    assert (error.get("param"), error.get("code")) == (param, code)
    assert not Payout.objects.exists()
    assert books() == {"available": 10_000, "in_transit": 0, "bank": 0}


def test_a_destination_of_another_currency_is_refused(api, destination):
    account = api.get("account")["id"]
    euros = api.post(
        f"accounts/{account}/external_accounts",
        {"external_account": {"country": "DE", "account_number": "DE89370400440532013000"}},
    )
    given = {"amount": 100, "currency": "usd", "destination": euros["id"]}

    error = api.post("payouts", given, status=400).error

    assert (error["param"], error["code"]) == ("destination", "bank_account_unusable")


def test_without_a_bank_account_nothing_is_paid_out(api):
    earn(10_000)

    error = api.post("payouts", {"amount": 100, "currency": "usd"}, status=400).error

    assert (error["param"], error["code"]) == ("currency", "bank_account_unusable")


def test_money_that_is_not_available_yet_is_not_paid_out(api, destination):
    from tests.balances.money import charge

    charge(50_000)
    error = api.post("payouts", {"amount": 10_001, "currency": "usd"}, status=400).error

    assert error["code"] == "balance_insufficient"


def test_the_same_request_pays_out_once(api, destination):
    given = {"amount": 4_000, "currency": "usd"}
    first = api.post("payouts", given, idempotency_key="the-payout")
    again = api.post("payouts", given, idempotency_key="the-payout")

    assert again.body == first.body
    assert Payout.objects.count() == 1
    assert books()["available"] == 6_000


def test_a_payout_that_fails_gives_the_money_back_and_ends_its_bank_account(api):
    earn(10_000)
    destination = bank_account(NO_ACCOUNT)
    payout = api.post("payouts", {"amount": 4_000, "currency": "usd"})
    step(payout["id"])
    assert api.get(f"payouts/{payout['id']}")["status"] == "in_transit"

    step(payout["id"], after=ARRIVED)

    failed = api.get(f"payouts/{payout['id']}", {"expand": ["failure_balance_transaction"]})
    assert (failed["status"], failed["failure_code"]) == ("failed", "no_account")
    assert failed["failure_message"]
    assert failed["failure_balance_transaction"]["type"] == "payout_failure"
    assert books() == {"available": 10_000, "in_transit": 0, "bank": 0}
    assert moved(api, payout["id"]) == [
        ("payout", -4_000, "available"),
        ("payout_failure", 4_000, "available"),
    ]
    assert told(api, payout["id"]) == ["payout.created", "payout.updated", "payout.failed"]
    assert told(api, destination) == [
        "account.external_account.created",
        "account.external_account.updated",
    ]
    error = api.post("payouts", {"amount": 100, "currency": "usd"}, status=400).error
    assert error["code"] == "bank_account_unusable"
    # Nothing follows, and nothing happens twice.
    step(payout["id"], after=2 * ARRIVED)
    assert books() == {"available": 10_000, "in_transit": 0, "bank": 0}


def test_new_facts_about_the_holder_let_payouts_go_there_again(api, destination):
    ExternalAccount.objects.filter(pk=destination).update(status="errored")
    account = api.get("account")["id"]
    path = f"accounts/{account}/external_accounts/{destination}"

    assert api.get(path)["status"] == "errored"
    assert api.post(path, {"account_holder_name": "Aster Press Ltd"})["status"] == "new"
    assert api.post("payouts", {"amount": 100, "currency": "usd"})["status"] == "pending"


def test_a_payout_that_comes_back_after_its_arrival_is_available_again(api):
    earn(10_000)
    bank_account(COMES_BACK)
    payout = paid(api, 4_000)
    assert books() == {"available": 6_000, "in_transit": 0, "bank": -4_000}

    step(payout["id"], after=2 * A_DAY)

    failed = api.get(f"payouts/{payout['id']}")
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    assert books() == {"available": 10_000, "in_transit": 0, "bank": 0}
    assert told(api, payout["id"]) == ["payout.created", "payout.paid", "payout.failed"]


def test_a_pending_payout_is_canceled_once(api, destination):
    payout = api.post("payouts", {"amount": 4_000, "currency": "usd"})
    canceled = api.post(f"payouts/{payout['id']}/cancel")

    assert canceled["status"] == "canceled"
    assert books() == {"available": 10_000, "in_transit": 0, "bank": 0}
    assert moved(api, payout["id"]) == [
        ("payout", -4_000, "available"),
        ("payout_cancel", 4_000, "available"),
    ]
    assert told(api, payout["id"]) == ["payout.created", "payout.canceled"]
    assert not Job.objects.filter(task=services.PAY).exists()
    error = api.post(f"payouts/{payout['id']}/cancel", status=400).error
    assert error["code"] == "payout_unexpected_state"
    # Whoever had taken the job in the meantime finds nothing to do.
    step(payout["id"], after=ARRIVED)
    assert not SimulatedTransfer.objects.exists()


def test_a_payout_that_the_bank_may_know_of_is_not_canceled(api, destination):
    payout = api.post("payouts", {"amount": 4_000, "currency": "usd"})
    Payout.objects.update(submitted_at=clock.now())

    error = api.post(f"payouts/{payout['id']}/cancel", status=400).error

    assert error["code"] == "payout_unexpected_state"
    assert books() == {"available": 6_000, "in_transit": 4_000, "bank": 0}


def test_a_paid_payout_is_called_back_by_another_one(api, destination):
    payout = paid(api, 4_000)
    reversal = api.post(
        f"payouts/{payout['id']}/reverse",
        {"metadata": {"why": "sent twice"}, "expand": ["original_payout"]},
    )

    assert (reversal["amount"], reversal["status"]) == (-4_000, "pending")
    assert reversal["balance_transaction"] is None
    assert reversal["original_payout"]["reversed_by"] == reversal["id"]
    assert reversal["metadata"] == {"why": "sent twice"}
    assert books() == {"available": 6_000, "in_transit": 0, "bank": -4_000}
    error = api.post(f"payouts/{payout['id']}/reverse", status=400).error
    assert error["code"] == "payout_unexpected_state"

    step(reversal["id"])
    assert api.get(f"payouts/{reversal['id']}")["status"] == "in_transit"
    assert books()["bank"] == -4_000
    step(reversal["id"], after=ARRIVED)

    assert api.get(f"payouts/{reversal['id']}")["status"] == "paid"
    assert books() == {"available": 10_000, "in_transit": 0, "bank": 0}
    assert moved(api, reversal["id"]) == [("payout", 4_000, "available")]
    for path in (f"payouts/{reversal['id']}/reverse", f"payouts/{reversal['id']}/cancel"):
        assert api.post(path, status=400).error["code"] == "payout_unexpected_state"
    assert ledger.check_drift() == []


def test_a_reversal_that_fails_moves_nothing_and_may_be_tried_again(api):
    earn(10_000)
    bank_account(COMES_BACK)
    payout = paid(api, 4_000)
    reversal = api.post(f"payouts/{payout['id']}/reverse")
    step(reversal["id"])
    step(reversal["id"], after=ARRIVED)

    failed = api.get(f"payouts/{reversal['id']}")
    assert (failed["status"], failed["failure_code"]) == ("failed", "insufficient_funds")
    assert failed["failure_balance_transaction"] is None
    assert books() == {"available": 6_000, "in_transit": 0, "bank": -4_000}
    assert api.get(f"payouts/{payout['id']}")["reversed_by"] is None
    assert api.post(f"payouts/{payout['id']}/reverse")["status"] == "pending"


@pytest.mark.parametrize("status", ["pending", "in_transit", "failed", "canceled"])
def test_only_what_was_paid_is_called_back(api, destination, status):
    payout = api.post("payouts", {"amount": 4_000, "currency": "usd"})
    Payout.objects.update(status=status)

    assert api.post(f"payouts/{payout['id']}/reverse", status=400).error["message"]


def test_metadata_is_all_that_changes(api, destination):
    payout = api.post("payouts", {"amount": 4_000, "currency": "usd", "metadata": {"a": "1"}})
    changed = api.post(f"payouts/{payout['id']}", {"metadata": {"a": "", "b": "2"}})

    assert changed["metadata"] == {"b": "2"}
    assert told(api, payout["id"]) == ["payout.created", "payout.updated"]
    error = api.post(f"payouts/{payout['id']}", {"amount": 1}, status=400).error
    assert error["code"] == "parameter_unknown"


def test_payouts_are_listed_by_where_and_when_they_arrive_and_by_status(api, destination):
    sent = paid(api, 100)
    pending = api.post("payouts", {"amount": 100, "currency": "usd"})

    def ids(**filters):
        return [one["id"] for one in api.get("payouts", filters)["data"]]

    assert ids() == [pending["id"], sent["id"]]
    assert ids(status="paid") == [sent["id"]]
    assert ids(destination=destination) == [pending["id"], sent["id"]]
    assert ids(destination="ba_other") == []
    assert ids(arrival_date={"gt": sent["arrival_date"]}) == [pending["id"]]
    assert ids(arrival_date={"lte": sent["arrival_date"]}) == [sent["id"]]
    assert ids(arrival_date=sent["arrival_date"]) == [sent["id"]]


def test_an_unknown_outcome_is_asked_after_and_never_guessed(api, destination, monkeypatch):
    from apps.balances.domain import TransferAnswer, TransferState

    payout = api.post("payouts", {"amount": 4_000, "currency": "usd"})
    bank = processors.current(livemode=False)
    with monkeypatch.context() as silent:
        unknown = TransferAnswer(TransferState.UNKNOWN)
        silent.setattr(type(bank), "transfer", lambda *_, **__: unknown)
        silent.setattr(type(bank), "enquire", lambda *_, **__: unknown)
        step(payout["id"])
        step(payout["id"])
    assert api.get(f"payouts/{payout['id']}")["status"] == "pending"
    assert api.post(f"payouts/{payout['id']}/cancel", status=400).error["code"]
    due = Job.objects.get(task=services.PAY).due_at
    assert due - clock.now() <= timedelta(minutes=1)

    # The order never arrived, and is sent now, under the same reference.
    step(payout["id"])

    assert api.get(f"payouts/{payout['id']}")["status"] == "in_transit"
    assert SimulatedTransfer.objects.get().reference == payout["id"]


def test_a_bank_that_fails_is_left_alone_and_the_payout_waits(api, destination, monkeypatch):
    from apps.balances.processors import calling

    payout = api.post("payouts", {"amount": 4_000, "currency": "usd"})
    monkeypatch.setattr(calling.breakers, "allow", lambda *_, **__: False)
    step(payout["id"])

    assert api.get(f"payouts/{payout['id']}")["status"] == "pending"
    assert not SimulatedTransfer.objects.exists()


def test_refunds_may_take_what_is_left_below_zero_and_payouts_do_not(api, destination):
    api.post("payouts", {"amount": 10_000, "currency": "usd"})
    refund(500, available_on=clock.now())

    assert balance() == {"usd": (0, -500)}
    error = api.post("payouts", {"amount": 1, "currency": "usd"}, status=400).error
    assert error["code"] == "balance_insufficient"


def test_a_live_environment_pays_nothing_out(live_api):
    error = live_api.post("payouts", {"amount": 100, "currency": "usd"}, status=400).error

    assert error["code"] == "bank_account_unusable"


def test_the_trail_of_a_payout_leads_to_its_bank_account_and_the_ledger(api, destination):
    payout = paid(api)
    trail = api.get(f"trail/{payout['id']}")
    found = {one["id"] for one in trail["objects"]} if "objects" in trail else str(dict(trail))

    assert destination in found
    assert payout["balance_transaction"] in found
