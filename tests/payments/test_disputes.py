"""Disputes: what payers ask back from their banks, and what merchants say to that."""

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core import clock, jobs
from apps.core.models import Job
from apps.payments import services
from apps.payments.models import Attempt, Dispute
from apps.payments.services import evidence
from tests.client import Answer, ApiClient
from tests.payments.orders import let_pass
from tests.payments.paying import event_types, pay

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=1)
WINNING = {"evidence": {"uncategorized_text": "winning_evidence"}}
LOSING = {"evidence": {"uncategorized_text": "losing_evidence"}}


def disputed(api: ApiClient, method: str = "pm_card_createDispute", **more: object) -> Answer:
    """Return the dispute of a payment whose payer disputes it."""
    intent = pay(api, method, **more)
    let_pass(SOON)
    return api.get(f"charges/{intent['latest_charge']}/dispute")


def upload(api: ApiClient, purpose: str = "dispute_evidence") -> str:
    """Return the id of a picture that was uploaded."""
    file = SimpleUploadedFile("receipt.png", b"\x89PNG\r\n\x1a\n")
    return str(api.post("files", {"purpose": purpose, "file": file})["id"])


def time_is_over_at() -> datetime:
    """Return when the time for an answer is over."""
    due_by = Dispute.objects.get().due_by
    assert due_by is not None
    return due_by


def test_a_dispute_is_heard_of(api):
    dispute = disputed(api)

    assert (dispute["amount"], dispute["status"]) == (10_000, "needs_response")
    assert (dispute["reason"], dispute["network_reason_code"]) == ("fraudulent", "10.4")
    assert dispute["payment_method_details"]["card"]["case_type"] == "chargeback"
    assert dispute["is_charge_refundable"] is False
    details = dispute["evidence_details"]
    assert (details["has_evidence"], details["submission_count"]) == (False, 0)
    assert details["due_by"] == pytest.approx(clock.to_unix(clock.now()) + 20 * 86_400, abs=120)
    assert api.get(f"charges/{dispute['charge']}")["disputed"] is True
    assert event_types(dispute["id"]) == [
        *("charge.dispute.created", "charge.dispute.funds_withdrawn"),
    ]
    assert event_types(dispute["charge"])[-1] == "charge.updated"


def test_disputes_are_listed_retrieved_and_expanded(api):
    first = disputed(api)
    second = disputed(api, "pm_card_createDisputeProductNotReceived")

    assert second["reason"] == "product_not_received"
    assert [row["id"] for row in api.get("disputes")["data"]] == [second["id"], first["id"]]
    for name in ("charge", "payment_intent"):
        assert api.get("disputes", {name: first[name]})["data"] == [first]
    assert api.get(f"disputes/{first['id']}") == first
    shown = api.get(
        f"disputes/{first['id']}", {"expand": ["charge.balance_transaction", "payment_intent"]}
    )
    assert shown["charge"]["balance_transaction"]["amount"] == 10_000
    assert shown["payment_intent"]["id"] == first["payment_intent"]
    moved = shown["balance_transactions"][0]["id"]
    txn = api.get(f"balance_transactions/{moved}", {"expand": ["source"]})
    assert txn["source"]["id"] == first["id"]


def test_where_there_is_no_dispute(api):
    charge = pay(api)["latest_charge"]

    for path in ("disputes/dp_missing", "charges/ch_missing/dispute", f"charges/{charge}/dispute"):
        assert api.get(path, status=404).error["code"] == "resource_missing"
        assert api.post(path, status=404).error["code"] == "resource_missing"
        assert api.post(f"{path}/close", status=404).error["code"] == "resource_missing"


@pytest.mark.parametrize(
    ("evidence", "status"), [(WINNING, "won"), (LOSING, "lost")], ids=["won", "lost"]
)
def test_evidence_is_handed_in_and_decided(api, evidence, status):
    dispute = disputed(api)

    sent = api.post(f"disputes/{dispute['id']}", evidence)

    assert sent["status"] == "under_review"
    assert sent["evidence_details"]["submission_count"] == 1
    assert sent["evidence_details"]["has_evidence"] is True
    let_pass(SOON)
    ended = api.get(f"disputes/{dispute['id']}")
    assert ended["status"] == status
    assert ended["is_charge_refundable"] is (status == "won")
    told = event_types(dispute["id"])
    assert told[2:4] == ["charge.dispute.updated", "charge.dispute.updated"]
    assert told[-1] == "charge.dispute.closed"
    assert ("charge.dispute.funds_reinstated" in told) is (status == "won")


def test_evidence_is_gathered_and_then_handed_in(api):
    dispute = disputed(api)
    path = f"disputes/{dispute['id']}"
    receipt = upload(api)

    api.post(path, {"evidence": {"receipt": receipt, "customer_name": "Ada"}, "submit": False})
    staged = api.post(
        path,
        {
            "evidence": {"customer_name": "", "product_description": "A book"},
            "metadata": {"clerk": "7"},
            "submit": False,
            "expand": ["evidence.receipt"],
        },
    )

    assert (staged["status"], staged["metadata"]) == ("needs_response", {"clerk": "7"})
    assert staged["evidence"]["receipt"]["purpose"] == "dispute_evidence"
    assert staged["evidence"]["customer_name"] is None
    assert staged["evidence"]["product_description"] == "A book"
    assert Attempt.objects.filter(kind="contest").count() == 0
    sent = api.post(path, {"submit": True})
    assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert Attempt.objects.get(kind="contest").details["evidence"] == {
        "receipt": receipt,
        "product_description": "A book",
    }


def test_metadata_alone_hands_nothing_in(api):
    dispute = disputed(api)

    noted = api.post(f"disputes/{dispute['id']}", {"metadata": {"clerk": "7"}})

    assert (noted["status"], noted["metadata"]) == ("needs_response", {"clerk": "7"})
    api.post(f"disputes/{dispute['id']}", LOSING)
    let_pass(SOON)
    later = api.post(f"disputes/{dispute['id']}", {"metadata": {"clerk": "8"}})
    assert (later["status"], later["metadata"]) == ("lost", {"clerk": "8"})


def test_evidence_is_taken_once(api):
    dispute = disputed(api)
    api.post(f"disputes/{dispute['id']}", {"evidence": {"customer_name": "Ada"}})

    for given in (WINNING, {**WINNING, "submit": False}, {"submit": True}):
        error = api.post(f"disputes/{dispute['id']}", given, status=400).error
        assert error["code"] == "dispute_unexpected_state"
    assert api.get(f"disputes/{dispute['id']}")["evidence"]["uncategorized_text"] is None


def test_evidence_on_its_way_is_not_sent_a_second_time(api):
    dispute = disputed(api)
    kept = {"evidence": {"customer_name": "Ada"}, "submit": False}
    api.post(f"disputes/{dispute['id']}", kept)
    evidence._claim(dispute["id"], {"submit": True}, now=clock.now())

    for given in (WINNING, kept):
        error = api.post(f"disputes/{dispute['id']}", given, status=409).error
        assert error["code"] == "dispute_evidence_pending"
    assert api.post(f"disputes/{dispute['id']}/close", status=409).error["type"] == (
        "invalid_request_error"
    )
    let_pass(timedelta(minutes=2))  # nobody called the processor: the enquiry does
    assert api.get(f"disputes/{dispute['id']}")["status"] == "under_review"


def test_a_processor_that_refuses_the_evidence(api):
    dispute = disputed(api)
    Dispute.objects.update(processor_reference="dispute1_att_unknown")

    error = api.post(f"disputes/{dispute['id']}", WINNING, status=400).error

    assert error["code"] == "simulator_refused"
    after = api.get(f"disputes/{dispute['id']}")
    assert (after["status"], after["evidence_details"]["submission_count"]) == (
        *("needs_response", 0),
    )


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"submit": True}, "evidence", "parameter_missing"),
        ({"evidence": {"nope": "x"}}, "evidence[nope]", "parameter_unknown"),
        ({"evidence": {"receipt": "file_0"}}, "evidence[receipt]", "resource_missing"),
        ({"evidence": {"uncategorized_text": "x" * 20_001}}, "evidence[uncategorized_text]", None),
        ({"submit": "perhaps"}, "submit", "parameter_invalid_boolean"),
    ],
)
def test_bad_evidence_is_named(api, given, param, code):
    dispute = disputed(api)

    error = api.post(f"disputes/{dispute['id']}", given, status=400).error

    assert error["param"] == param
    assert code in (None, error["code"])
    assert api.get(f"disputes/{dispute['id']}") == dispute


def test_a_file_of_another_purpose_is_no_evidence(api):
    dispute = disputed(api)
    file = upload(api, "business_logo")

    error = api.post(f"disputes/{dispute['id']}", {"evidence": {"receipt": file}}, status=400).error

    assert (error["param"], error["code"]) == ("evidence[receipt]", "file_purpose_invalid")


def test_the_file_of_somebody_else_is_no_evidence(api, other_api):
    dispute = disputed(api)
    theirs = upload(other_api)

    error = api.post(
        f"disputes/{dispute['id']}", {"evidence": {"receipt": theirs}}, status=400
    ).error

    assert (error["param"], error["code"]) == ("evidence[receipt]", "resource_missing")


def test_all_texts_together_have_a_limit(api):
    dispute = disputed(api)
    names = [
        *("access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal"),
        *("duplicate_charge_explanation", "product_description", "refund_policy_disclosure"),
        *("refund_refusal_explanation", "uncategorized_text"),
    ]

    error = api.post(
        f"disputes/{dispute['id']}",
        {"evidence": dict.fromkeys(names, "x" * 20_000)},
        status=400,
    ).error

    assert error["param"] == "evidence"


def test_the_evidence_of_a_charge_is_that_of_its_dispute(api):
    dispute = disputed(api)
    path = f"charges/{dispute['charge']}/dispute"

    sent = api.post(path, WINNING)
    let_pass(SOON)

    assert (sent["id"], sent["status"]) == (dispute["id"], "under_review")
    assert api.get(path)["status"] == "won"
    assert api.post(f"{path}/close", status=400).error["code"] == "dispute_unexpected_state"


@pytest.mark.parametrize("path", ["disputes/{id}/close", "charges/{charge}/dispute/close"])
def test_a_dispute_is_given_up(api, path):
    dispute = disputed(api)

    closed = api.post(path.format(**dispute))

    assert (closed["status"], closed["evidence_details"]["submission_count"]) == ("lost", 0)
    let_pass(SOON)
    assert api.get(f"disputes/{dispute['id']}") == closed
    assert event_types(dispute["id"]).count("charge.dispute.closed") == 1


def test_an_inquiry_is_answered_and_closed(api):
    inquiry = disputed(api, "pm_card_createDisputeInquiry")
    assert inquiry["status"] == "warning_needs_response"
    assert inquiry["payment_method_details"]["card"]["case_type"] == "inquiry"
    assert (inquiry["is_charge_refundable"], inquiry["balance_transactions"]) == (True, [])

    sent = api.post(f"disputes/{inquiry['id']}", WINNING)
    let_pass(SOON)

    assert sent["status"] == "warning_under_review"
    closed = api.get(f"disputes/{inquiry['id']}")
    assert (closed["status"], closed["balance_transactions"]) == ("warning_closed", [])
    assert event_types(inquiry["id"])[-1] == "charge.dispute.closed"


def test_an_inquiry_is_given_up(api):
    inquiry = disputed(api, "pm_card_createDisputeInquiry")

    assert api.post(f"disputes/{inquiry['id']}/close")["status"] == "warning_closed"


@pytest.mark.parametrize(
    ("method", "status"),
    [("pm_card_createDispute", "lost"), ("pm_card_createDisputeInquiry", "warning_closed")],
)
def test_what_nobody_answers_in_time_is_over(api, method, status):
    dispute = disputed(api, method)
    due_by = time_is_over_at()
    assert Job.objects.get(task="payments.dispute_due").due_at == due_by

    services.end_overdue_dispute(dispute_id=dispute["id"], now=due_by - SOON)
    assert api.get(f"disputes/{dispute['id']}") == dispute

    services.end_overdue_dispute(dispute_id=dispute["id"], now=due_by)
    services.end_overdue_dispute(dispute_id=dispute["id"], now=due_by + SOON)
    assert api.get(f"disputes/{dispute['id']}")["status"] == status
    assert event_types(dispute["id"]).count("charge.dispute.closed") == 1


def test_what_was_answered_in_time_goes_on(api):
    dispute = disputed(api)
    due_by = time_is_over_at()
    api.post(f"disputes/{dispute['id']}", {"evidence": {"customer_name": "Ada"}})

    services.end_overdue_dispute(dispute_id=dispute["id"], now=due_by)

    assert api.get(f"disputes/{dispute['id']}")["status"] == "under_review"


def test_evidence_on_its_way_when_the_time_is_over_is_waited_for(api):
    dispute = disputed(api)
    due_by = time_is_over_at()
    evidence._claim(dispute["id"], WINNING, now=due_by - SOON)

    services.end_overdue_dispute(dispute_id=dispute["id"], now=due_by)

    assert api.get(f"disputes/{dispute['id']}")["status"] == "needs_response"
    (again,) = Job.objects.filter(task="payments.dispute_due")
    assert again.due_at == due_by + timedelta(hours=1)


def test_evidence_that_comes_too_late_is_refused(api):
    dispute = disputed(api)
    Dispute.objects.update(due_by=clock.now())

    for path, given in (("", WINNING), ("/close", {})):
        error = api.post(f"disputes/{dispute['id']}{path}", given, status=400).error
        assert error["message"] == "The time for the evidence of this dispute is over."


def test_the_task_of_the_worker_ends_it(api):
    dispute = disputed(api)
    Dispute.objects.update(due_by=clock.now())
    Job.objects.filter(task="payments.dispute_due").update(due_at=clock.now())

    jobs.run_due(now=clock.now())

    assert api.get(f"disputes/{dispute['id']}")["status"] == "lost"


def test_an_inquiry_that_becomes_a_dispute_is_answered_again(api):
    inquiry = disputed(api, "pm_card_createDisputeInquiry")
    path = f"disputes/{inquiry['id']}"
    api.post(path, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    let_pass(SOON)
    dispute = api.get(path)
    assert (dispute["status"], len(dispute["balance_transactions"])) == ("needs_response", 1)

    sent = api.post(path, WINNING)
    let_pass(SOON)

    assert sent["evidence_details"]["submission_count"] == 2
    won = api.get(path)
    assert (won["status"], len(won["balance_transactions"])) == ("won", 2)


def test_enhanced_evidence_is_kept_and_taken_back(api):
    path = f"disputes/{disputed(api)['id']}"
    enhanced = {"visa_compliance": {"fee_acknowledged": True}}

    kept = api.post(path, {"evidence": {"enhanced_evidence": enhanced}, "submit": False})
    taken_back = api.post(path, {"evidence": {"enhanced_evidence": ""}, "submit": False})

    assert kept["evidence"]["enhanced_evidence"] == enhanced
    assert taken_back["evidence"]["enhanced_evidence"] == {}
    assert taken_back["evidence_details"]["has_evidence"] is False
