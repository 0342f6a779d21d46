"""Attempts: which answers count, and what is asked while one has not ended."""

import pytest
from django.db import IntegrityError, transaction

from apps.core import clock, context, ids
from apps.core.models import Job
from apps.core.money import Money
from apps.payments import processors
from apps.payments.domain import Answer, AttemptKind, AttemptStatus, Order, Outcome, is_news
from apps.payments.models import Attempt
from apps.payments.services import attempts, capturing
from tests.payments.paying import pay

OPEN, ACTING, PENDING = AttemptStatus.OPEN, AttemptStatus.ACTING, AttemptStatus.PENDING
ENDED = (AttemptStatus.SUCCEEDED, AttemptStatus.FAILED, AttemptStatus.ABANDONED)


def counts(outcome, *, status, kind=AttemptKind.CHARGE, later=True):
    """Say whether an answer is news to an attempt that has heard one of sequence 3."""
    answer = Answer(outcome, sequence=4 if later else 3)
    return is_news(answer, kind=kind, status=status, sequence=3)


@pytest.mark.parametrize("status", AttemptStatus)
def test_not_knowing_is_never_news(status):
    assert not counts(Outcome.UNKNOWN, status=status)


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.UNKNOWN])
def test_the_first_answer_counts_and_then_only_later_ones(outcome):
    assert is_news(Answer(outcome), kind=AttemptKind.CHARGE, status=OPEN, sequence=0)
    for status in (ACTING, PENDING):
        assert counts(outcome, status=status)
        assert not counts(outcome, status=status, later=False)


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize("outcome", Outcome)
def test_what_has_ended_stays_so(outcome, status):
    assert not counts(outcome, status=status)


def test_a_refund_may_come_back_after_it_succeeded():
    late = {"kind": AttemptKind.REFUND, "status": AttemptStatus.SUCCEEDED}

    assert counts(Outcome.DECLINED, **late)
    assert not counts(Outcome.DECLINED, **late, later=False)
    assert not counts(Outcome.APPROVED, **late)


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.ACTION])
def test_an_attempt_that_has_not_ended_waits_and_ends_once(api, outcome):
    intent = pay(api, capture_method="manual")
    attempt = capturing.claim_capture(intent_id=intent["id"], given={}, now=clock.now())
    waiting = Answer(outcome, action={"type": "redirect"}, sequence=1)
    overtaken = Answer(Outcome.DECLINED, code="late")

    for answer in (waiting, overtaken):
        attempts._record(attempt, answer, now=clock.now())
    asked = Attempt.objects.get(pk=attempt.pk)
    assert (asked.sequence, asked.settled_at, asked.action) == (1, None, {"type": "redirect"})
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "processing"
    assert Job.objects.filter(key=attempt.enquiry_key).exists()

    for _ in range(2):  # the second time, it is no news
        attempts._record(attempt, Answer(Outcome.APPROVED, sequence=2), now=clock.now())
    assert Attempt.objects.get(pk=attempt.pk).status == "succeeded"
    assert api.get(f"payment_intents/{intent['id']}")["amount_received"] == 10_000
    assert len(api.get("balance_transactions")["data"]) == 1
    assert not Job.objects.filter(key=attempt.enquiry_key).exists()


@pytest.mark.django_db
def test_only_one_attempt_of_a_payment_waits_at_a_time(api):
    intent = pay(api, capture_method="manual")
    attempt = capturing.claim_capture(intent_id=intent["id"], given={}, now=clock.now())
    attempts._record(attempt, Answer(Outcome.PENDING), now=clock.now())
    attempt.pk, attempt.claim_id = ids.new_id("att"), None

    with pytest.raises(IntegrityError, match="attempt_one_open_per_intent"), transaction.atomic():
        attempt.save(force_insert=True)


@pytest.mark.django_db
def test_nothing_is_sent_to_a_processor_in_a_transaction(api):
    pay(api)
    order = Order(AttemptKind.VOID, "att_1", Money(1, "usd"))

    with pytest.raises(AssertionError, match="outside"), transaction.atomic():
        processors.call("sim", order, now=clock.now())


@pytest.mark.django_db
def test_an_attempt_belongs_to_the_account_that_began_it(api):
    pay(api)

    assert Attempt.objects.get().account_id == context.current().account_id
