"""Refunds that do not end at once, or not as they began: pending, waiting, failed, canceled."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from apps.core import clock
from apps.core.models import Job
from apps.ledger import queries as ledger
from apps.payments.domain import Answer, Outcome
from apps.payments.models import Attempt, Refund, SimulatedOrder
from apps.payments.processors import simulator
from apps.payments.services import attempts, reconciling, refunds
from tests.client import Answer as Shown
from tests.client import ApiClient
from tests.payments.books import fees, own, receivable
from tests.payments.orders import let_pass
from tests.payments.paying import event_types, pay

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=1)


def script(api: ApiClient, **step: object) -> None:
    """Have the simulator treat every refund in this way."""
    api.post("test_helpers/scenarios", {"name": "refunds", "steps": [{"on": "refund", **step}]})


def waiting(api: ApiClient) -> Shown:
    """Return a refund that waits for its payer."""
    script(api, outcome="action")
    given = {"amount": 4_000, "instructions_email": "ada@example.com"}
    return api.post("refunds", {"payment_intent": pay(api)["id"], **given})


def refunded(api: ApiClient, refund: Shown) -> int:
    """Return what the charge of a refund shows as refunded."""
    return int(api.get(f"charges/{refund['charge']}")["amount_refunded"])


def test_a_refund_that_is_pending_is_posted_and_succeeds_later(api):
    refund = api.post("refunds", {"payment_intent": pay(api, "pm_card_pendingRefund")["id"]})

    assert (refund["status"], refund["pending_reason"]) == ("pending", "processing")
    assert refund["balance_transaction"] is not None
    assert (refunded(api, refund), receivable()) == (10_000, 0)

    let_pass(SOON)

    paid = api.get(f"refunds/{refund['id']}")
    assert paid["status"] == "succeeded"
    assert "pending_reason" not in paid
    assert paid["balance_transaction"] == refund["balance_transaction"]
    assert receivable() == 0
    assert event_types(refund["id"]) == [
        *("refund.created", "refund.updated", "refund.updated", "charge.refund.updated"),
    ]


def test_a_refund_that_the_bank_sends_back_is_the_charges_again(api):
    intent = pay(api, "pm_card_refundFail")
    refund = api.post("refunds", {"payment_intent": intent["id"], "amount": 4_000})
    assert (refund["status"], receivable()) == ("succeeded", 6_000)
    before = own()

    let_pass(SOON)

    failed = api.get(f"refunds/{refund['id']}", {"expand": ["failure_balance_transaction"]})
    back = failed["failure_balance_transaction"]
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert (back["type"], back["amount"], back["source"]) == ("refund_failure", 4_000, refund["id"])
    assert failed["balance_transaction"] == refund["balance_transaction"]
    assert (own(), receivable(), fees()) == (before + 4_000, 10_000, 320)
    assert refunded(api, refund) == 0
    assert event_types(refund["id"])[-2:] == ["refund.failed", "charge.refund.updated"]
    assert ledger.check_drift() == []
    # And so the whole charge can be refunded again.
    assert api.post("refunds", {"payment_intent": intent["id"]})["amount"] == 10_000


def test_a_failure_that_is_told_twice_is_put_back_once(api):
    refund = api.post("refunds", {"payment_intent": pay(api, "pm_card_refundFail")["id"]})
    let_pass(SOON)
    attempt = Attempt.objects.get(refund=refund["id"])

    attempts.look_at(attempt.id, now=clock.now())
    late = Answer(Outcome.DECLINED, code="unknown", sequence=attempt.sequence + 1)
    attempts.settle(attempt, answer=late, now=clock.now())

    assert api.get(f"refunds/{refund['id']}")["failure_reason"] == "expired_or_canceled_card"
    assert (receivable(), refunded(api, refund)) == (10_000, 0)


def test_a_refund_waits_for_its_payer_to_say_where_the_money_goes(api):
    refund = waiting(api)

    sent = refund["next_action"]["display_details"]["email_sent"]
    assert (refund["status"], sent["email_sent_to"]) == ("requires_action", "ada@example.com")
    assert refund["instructions_email"] == "ada@example.com"
    # It is on its way as far as the books are concerned: nobody else may have the money.
    assert (refunded(api, refund), receivable()) == (4_000, 6_000)


def test_a_payer_who_acted_gets_the_money(api):
    script(api, outcome="action", later=[{"after": "10s", "happens": "refund_succeeded"}])
    refund = api.post("refunds", {"payment_intent": pay(api)["id"], "amount": 4_000})
    assert refund["status"] == "requires_action"

    let_pass(SOON)

    paid = api.get(f"refunds/{refund['id']}")
    assert (paid["status"], paid.get("next_action")) == ("succeeded", None)
    assert receivable() == 6_000
    error = api.post(f"refunds/{refund['id']}/cancel", status=400).error
    assert error["code"] == "refund_unexpected_state"


def test_a_refund_that_waits_can_be_canceled(api):
    refund = waiting(api)
    before = own()

    canceled = api.post(f"refunds/{refund['id']}/cancel")

    assert (canceled["status"], canceled.get("next_action")) == ("canceled", None)
    assert canceled["failure_balance_transaction"].startswith("txn_")
    assert "failure_reason" not in canceled
    assert (own(), receivable(), refunded(api, refund)) == (before + 4_000, 10_000, 0)
    assert event_types(refund["id"])[-2:] == ["refund.updated", "charge.refund.updated"]
    statuses = dict(Attempt.objects.filter(refund=refund["id"]).values_list("kind", "status"))
    assert statuses == {"refund": "failed", "refund_cancel": "succeeded"}
    let_pass(SOON)  # what the processor tells of it by itself changes nothing any more
    assert api.get(f"refunds/{refund['id']}") == canceled
    assert api.post(f"refunds/{refund['id']}/cancel", status=400).error["code"] == (
        "refund_unexpected_state"
    )
    assert ledger.check_drift() == []


def test_the_processor_may_refuse_to_stop_a_refund(api):
    refund = waiting(api)
    # The payer has acted, and the processor has not said so yet.
    SimulatedOrder.objects.filter(kind="refund").update(outcome="approved")

    error = api.post(f"refunds/{refund['id']}/cancel", status=400).error

    assert error["code"] == "simulator_refused"
    assert api.get(f"refunds/{refund['id']}")["status"] == "requires_action"
    assert receivable() == 6_000


@pytest.mark.parametrize("status", ["pending", "succeeded", "failed"])
def test_only_a_refund_that_waits_is_canceled(api, status):
    method = {"pending": "pm_card_pendingRefund", "failed": "pm_card_refundFail"}
    refund = api.post(
        "refunds", {"payment_intent": pay(api, method.get(status, "pm_card_visa"))["id"]}
    )
    if status == "failed":
        let_pass(SOON)

    error = api.post(f"refunds/{refund['id']}/cancel", status=400).error

    assert error["message"] == f"This refund cannot be canceled: its status is {status}."
    assert Attempt.objects.filter(kind="refund_cancel").count() == 0


def test_the_time_of_a_refund_can_be_let_run_out(api):
    refund = waiting(api)

    expired = api.post(f"test_helpers/refunds/{refund['id']}/expire")

    assert (expired["status"], expired["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert (receivable(), refunded(api, refund)) == (10_000, 0)
    assert SimulatedOrder.objects.get(kind="charge").refunded_minor == 0
    again = api.post(f"test_helpers/refunds/{refund['id']}/expire", status=400).error
    assert again["code"] == "refund_unexpected_state"
    let_pass(SOON)
    assert (receivable(), refunded(api, refund)) == (10_000, 0)


def test_time_runs_out_by_itself_in_a_live_environment(live_api):
    error = live_api.post("test_helpers/refunds/re_missing/expire", status=400).error

    assert error["code"] == "livemode_mismatch"


def test_a_refund_whose_answer_was_lost_is_pending_and_not_posted(api):
    script(api, fault="timeout_after")
    refund = api.post("refunds", {"payment_intent": pay(api)["id"], "amount": 4_000})

    assert (refund["status"], refund["balance_transaction"]) == ("pending", None)
    assert (refunded(api, refund), receivable()) == (4_000, 10_000)

    let_pass(timedelta(minutes=2))

    assert api.get(f"refunds/{refund['id']}")["status"] == "succeeded"
    assert receivable() == 6_000


def test_the_answer_of_a_replay_is_that_of_the_time(api):
    intent = pay(api, "pm_card_pendingRefund")
    given = {"payment_intent": intent["id"]}
    first = api.request("POST", "refunds", given, idempotency_key="once")
    let_pass(SOON)

    again = api.request("POST", "refunds", given, idempotency_key="once")

    assert again.body == first.body
    assert Refund.objects.get().status == "succeeded"


def test_a_refund_of_a_charge_answers_with_the_charge(api):
    charge = pay(api)["latest_charge"]

    shown = api.request(
        "POST", f"charges/{charge}/refund", {"amount": 4_000}, idempotency_key="once"
    )
    again = api.request(
        "POST", f"charges/{charge}/refund", {"amount": 4_000}, idempotency_key="once"
    )

    assert (shown["object"], shown["id"], shown["amount_refunded"]) == ("charge", charge, 4_000)
    assert again.body == shown.body
    assert api.get(f"charges/{charge}") == shown
    assert api.post("charges/ch_missing/refund", status=404).error["code"] == "resource_missing"


def test_the_refunds_of_a_charge_have_addresses_of_their_own(api):
    charge, other = pay(api)["latest_charge"], pay(api)["latest_charge"]

    refund = api.post(f"charges/{charge}/refunds", {"amount": 4_000, "reason": "duplicate"})
    path = f"charges/{charge}/refunds/{refund['id']}"
    changed = api.post(path, {"metadata": {"why": "late"}})

    assert (refund["object"], refund["charge"], refund["reason"]) == ("refund", charge, "duplicate")
    assert changed["metadata"] == {"why": "late"}
    assert api.get(path) == api.get(f"refunds/{refund['id']}") == changed
    assert api.get(f"charges/{charge}/refunds")["data"] == [changed]
    for stray in (f"charges/{other}/refunds/{refund['id']}", f"charges/{charge}/refunds/re_0"):
        assert api.get(stray, status=404).error["code"] == "resource_missing"
        assert api.post(stray, {"metadata": {"a": "b"}}, status=404).error["param"] == "id"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"currency": "eur"}, "currency"),
        ({"customer": "cus_missing"}, "customer"),
        ({"origin": "customer_balance"}, "origin"),
        ({"reverse_transfer": True}, "reverse_transfer"),
        ({"instructions_email": "nobody"}, "instructions_email"),
    ],
)
def test_what_does_not_fit_the_charge_is_refused(api, given, param):
    intent = pay(api)

    error = api.post("refunds", {"payment_intent": intent["id"], **given}, status=400).error

    assert error["param"] == param
    assert Refund.objects.count() == 0


def test_a_charge_is_refunded_with_its_own_payment(api):
    intent, other = pay(api), pay(api)
    charge, given = intent["latest_charge"], {"payment_intent": other["id"]}

    for path, more in (
        *(("refunds", {"charge": charge}), (f"charges/{charge}/refunds", {})),
        (f"charges/{charge}/refund", {}),
    ):
        error = api.post(path, {**given, **more}, status=400).error
        assert error["param"] == "payment_intent"
    assert Refund.objects.count() == 0
    mine = {"payment_intent": intent["id"]}
    assert api.post(f"charges/{charge}/refund", mine)["refunded"] is True


def test_what_fits_the_charge_is_taken(api):
    customer = api.post("customers")["id"]
    intent = pay(api, customer=customer)

    given = {"currency": "usd", "customer": customer, "amount": 1_000}
    refund = api.post("refunds", {"payment_intent": intent["id"], **given})

    assert (refund["customer"], refund["amount"]) == (customer, 1_000)


def transferred(api: ApiClient) -> tuple[str, str]:
    """Return a customer, and the charge of a payment that they made by a bank transfer."""
    customer = api.post("customers")["id"]
    fund = {"amount": 10_000, "currency": "usd"}
    api.post(f"test_helpers/customers/{customer}/fund_cash_balance", fund)
    transfer = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
    given = {
        "customer": customer,
        "payment_method_types": ["customer_balance"],
        "payment_method_data": {"type": "customer_balance"},
        "payment_method_options": {"customer_balance": transfer},
        "confirm": True,
        **fund,
    }
    return customer, str(api.post("payment_intents", given)["latest_charge"])


def test_what_was_transferred_goes_back_to_a_bank_once_the_payer_says_which(api):
    _, charge = transferred(api)
    given = {"charge": charge, "amount": 4_000, "instructions_email": "ada@example.com"}

    refund = api.post("refunds", given)

    assert refund["status"] == "requires_action"
    assert refund["destination_details"]["type"] == "us_bank_transfer"
    assert receivable() == 6_000
    canceled = api.post(f"refunds/{refund['id']}/cancel", {"expand": ["balance_transaction"]})
    assert canceled["balance_transaction"]["type"] == "payment_refund"
    assert (canceled["status"], receivable()) == ("canceled", 10_000)
    assert ledger.check_drift() == []


@pytest.mark.parametrize("outcome", ["approve", "pending", "action"])
def test_what_a_customer_has_back_as_cash_is_theirs(api, outcome):
    """The money never left: there is no bank that could send it back."""
    customer, charge = transferred(api)
    script(api, outcome=outcome, later=[{"after": "10s", "happens": "refund_failed"}])

    refund = api.post("refunds", {"charge": charge})
    let_pass(SOON)

    assert refund["destination_details"]["type"] == "customer_cash_balance"
    assert (refund["status"], api.get(f"refunds/{refund['id']}")) == ("succeeded", refund)
    assert api.get(f"customers/{customer}/cash_balance")["available"] == {"usd": 10_000}
    assert (own(), receivable()) == (-320, 10_000)
    assert ledger.check_drift() == []


@pytest.mark.parametrize("ending", ["refund_succeeded", "refund_failed"])
def test_the_processor_is_asked_how_a_refund_to_cash_ended(api, ending):
    """The customer has the money either way; operators are told of a difference."""
    _, charge = transferred(api)
    script(api, outcome="pending", later=[{"after": "10s", "happens": ending}])
    refund = api.post("refunds", {"charge": charge})
    attempt = Attempt.objects.get(refund=refund["id"], kind="refund")
    assert attempt.status == "pending"
    assert Job.objects.filter(key=attempt.enquiry_key).exists()

    with capture_logs() as logs:
        let_pass(SOON)

    attempt.refresh_from_db()
    failed = ending == "refund_failed"
    assert attempt.status == ("failed" if failed else "succeeded")
    assert not Job.objects.filter(key=attempt.enquiry_key).exists()
    told = [row for row in logs if row["event"] == "refund.difference"]
    assert [row["refund"] for row in told] == ([refund["id"]] if failed else [])


def test_the_report_of_the_processor_agrees_with_every_ending(api):
    """Paid, sent back, canceled, run out of time, released, disputed, won, lost."""
    api.post("refunds", {"payment_intent": pay(api)["id"], "amount": 1_000})
    api.post("refunds", {"payment_intent": pay(api, "pm_card_refundFail")["id"]})
    api.post("refunds", {"payment_intent": pay(api, "pm_card_pendingRefund")["id"]})
    held = {"amount": 500, "currency": "usd", "source": "tok_visa", "capture": False}
    api.post("refunds", {"charge": api.post("charges", held)["id"]})
    for text in ("winning_evidence", "losing_evidence"):
        charge = pay(api, "pm_card_createDispute")["latest_charge"]
        let_pass(SOON)
        evidence = {"evidence": {"uncategorized_text": text}}
        api.post(f"charges/{charge}/dispute", evidence)
    canceled = waiting(api)
    api.post(f"refunds/{canceled['id']}/cancel")
    expired = api.post("refunds", {"payment_intent": pay(api)["id"]})
    api.post(f"test_helpers/refunds/{expired['id']}/expire")
    let_pass(SOON)

    later = clock.now() + timedelta(days=1)
    report = simulator.Simulator().settle_report(since=clock.now() - SOON, until=later)

    assert reconciling.reconcile(now=later) == []
    assert receivable() == sum(line.money.minor for line in report)
    assert ledger.check_drift() == []


def test_a_process_that_died_before_the_processor_heard_of_a_cancellation(api):
    refund = waiting(api)
    claimed = refunds._claim_cancel(refund_id=refund["id"], now=clock.now())
    busy = api.post(f"refunds/{refund['id']}/cancel", status=409).error
    assert busy["code"] == "refund_being_canceled"

    attempts.enquire(attempt_id=claimed.id, now=clock.now())

    assert api.get(f"refunds/{refund['id']}")["status"] == "canceled"
    assert receivable() == 10_000


def test_an_answer_to_the_refund_may_overtake_that_to_its_cancellation(api):
    """The money comes back once, whichever of the two is recorded first."""
    refund = waiting(api)
    claimed = refunds._claim_cancel(refund_id=refund["id"], now=clock.now())
    asked = Attempt.objects.get(refund=refund["id"], kind="refund")
    stopped = Answer(Outcome.DECLINED, code="canceled", sequence=1)

    attempts.settle(asked, answer=stopped, now=clock.now())
    attempts.settle(claimed, answer=Answer(Outcome.APPROVED), now=clock.now())

    assert api.get(f"refunds/{refund['id']}")["status"] == "failed"
    assert (receivable(), refunded(api, refund)) == (10_000, 0)
    assert ledger.check_drift() == []
