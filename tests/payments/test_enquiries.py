"""Outcomes that nobody knows: asked after by a schedule, never guessed, never ordered twice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from apps.core import clock
from apps.core.breaker import FAILURES_IN_A_ROW, OPEN_FOR
from apps.core.models import Job
from apps.ledger import queries as ledger
from apps.payments import processors, services
from apps.payments.domain import (
    OVERDUE_AFTER,
    AttemptKind,
    AttemptStatus,
    Order,
    next_enquiry_after,
)
from apps.payments.models import Attempt, PaymentIntent, SimulatedOrder
from apps.payments.processors import calling
from tests.payments.orders import charge, let_pass
from tests.payments.paying import decline, event_types, pay

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DELAYS_S = (30, 60, 900)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def breakers():
    """Breakers are the process's: each test begins with none."""
    calling.breakers.forget()
    yield
    calling.breakers.forget()


def script(api, *steps, **whose):
    """Let the processor misbehave."""
    return api.post("test_helpers/scenarios", {"name": "x", "steps": list(steps), **whose})


@pytest.mark.parametrize(
    ("status", "enquiries", "waited", "delay"),
    [
        (AttemptStatus.OPEN, 0, timedelta(0), timedelta(seconds=30)),
        (AttemptStatus.OPEN, 2, MINUTE, timedelta(seconds=900)),
        (AttemptStatus.OPEN, 3, timedelta(hours=1), timedelta(hours=1)),
        (AttemptStatus.OPEN, 70, timedelta(hours=71), timedelta(hours=1)),
        (AttemptStatus.OPEN, 75, OVERDUE_AFTER, timedelta(days=1)),
        (AttemptStatus.ACTING, 1, timedelta(0), timedelta(days=1)),
        (AttemptStatus.PENDING, 0, timedelta(0), timedelta(days=1)),
    ],
)
def test_the_schedule(status, enquiries, waited, delay):
    assert (
        next_enquiry_after(status, enquiries=enquiries, waited=waited, delays_s=DELAYS_S) == delay
    )


@pytest.mark.django_db
class TestUnknown:
    """The answer of the processor was lost."""

    @pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "unavailable"])
    def test_a_payment_is_processing_until_the_processor_says_more(self, api, fault):
        script(api, {"on": "charge", "nth": 1, "fault": fault})

        intent = pay(api)
        path = f"payment_intents/{intent['id']}"

        assert intent["status"] == "processing"
        assert event_types(intent["id"]) == ["payment_intent.created"]
        assert api.get("balance_transactions")["data"] == []
        # It is with the processor: nobody does anything else with it meanwhile.
        assert api.post(f"{path}/cancel", status=400).error["code"]
        assert api.post(f"{path}/confirm", status=400).error["code"]

        let_pass(MINUTE)

        assert api.get(path)["status"] == "succeeded"
        assert SimulatedOrder.objects.filter(kind="charge").count() == 1
        assert len(api.get("balance_transactions")["data"]) == 1
        assert not Job.objects.filter(task="payments.enquire").exists()

    @pytest.mark.parametrize(
        ("on", "fault"),
        [("capture", "timeout_after"), ("capture", "timeout_before"), ("cancel", "timeout_after")],
    )
    def test_a_capture_and_a_release_too(self, api, on, fault):
        intent = pay(api, capture_method="manual")
        script(api, {"on": on, "nth": 1, "fault": fault})
        path = f"payment_intents/{intent['id']}"

        assert api.post(f"{path}/{on}")["status"] == "processing"
        let_pass(MINUTE)

        ended = "succeeded" if on == "capture" else "canceled"
        assert api.get(path)["status"] == ended
        balance = ledger.balances_by_code(["processor:sim:receivable"], currency="usd")
        taken = 10_000 if on == "capture" else 0
        assert balance.get("processor:sim:receivable", 0) == taken

    @pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
    def test_a_refund_too_and_it_happens_once(self, api, fault):
        intent = pay(api)
        script(api, {"on": "refund", "nth": 1, "fault": fault})

        refund = api.post("refunds", {"payment_intent": intent["id"], "amount": 4_000})
        assert refund["status"] == "pending"
        let_pass(MINUTE)

        assert api.get(f"refunds/{refund['id']}")["status"] == "succeeded"
        assert SimulatedOrder.objects.get(kind="charge").refunded_minor == 4_000
        balance = ledger.balances_by_code(["processor:sim:receivable"], currency="usd")
        assert balance == {"processor:sim:receivable": 6_000}

    def test_an_answer_that_takes_too_long_is_unknown_and_the_order_stands(self, api, monkeypatch):
        monkeypatch.setattr(settings, "PROCESSOR_TIMEOUT_S", 0.02)
        script(api, {"on": "charge", "nth": 1, "latency_ms": 500})
        intent = pay(api)
        assert intent["status"] == "processing"
        let_pass(MINUTE)
        assert api.get(f"payment_intents/{intent['id']}")["status"] == "succeeded"

    def test_the_processor_is_asked_more_and_more_seldom(self, api):
        script(api, {"on": "enquire", "fault": "unavailable"})
        script(api, {"on": "charge", "nth": 1, "fault": "timeout_after"})
        intent = pay(api)
        delays = []
        for _ in range(len(settings.PROCESSOR_ENQUIRY_DELAYS_S) + 2):
            job = Job.objects.get(task="payments.enquire")
            services.enquire(attempt_id=job.kwargs["attempt_id"], now=job.due_at)
            later = Job.objects.get(task="payments.enquire")
            delays.append(int((later.due_at - job.due_at).total_seconds()))
        assert delays == [*settings.PROCESSOR_ENQUIRY_DELAYS_S[1:], 3_600, 3_600, 3_600]
        attempt = Attempt.objects.get()
        assert (attempt.status, attempt.enquiries) == ("open", len(delays))
        assert attempt.next_enquiry_at == later.due_at
        assert api.get(f"payment_intents/{intent['id']}")["status"] == "processing"

    def test_a_retry_hears_what_was_stored_first(self, api):
        script(api, {"on": "charge", "nth": 1, "fault": "timeout_after"})
        terms = {
            "amount": 10_000,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_visa",
        }
        first = api.post("payment_intents", terms, idempotency_key="k")
        let_pass(MINUTE)
        again = api.post("payment_intents", terms, idempotency_key="k")

        assert first["status"] == "processing"
        assert again.body == first.body
        assert PaymentIntent.objects.get().status == "succeeded"

    def test_a_decline_that_comes_late(self, api):
        script(api, {"on": "charge", "nth": 1, "fault": "timeout_after", "outcome": "decline"})
        intent = pay(api)
        let_pass(MINUTE)
        shown = api.get(f"payment_intents/{intent['id']}")
        assert shown["status"] == "requires_payment_method"
        assert shown["last_payment_error"]["code"] == "card_declined"


@pytest.mark.django_db
class TestBreaker:
    """A processor that does not answer is left alone."""

    @pytest.fixture
    def away(self, api):
        """The processor has not answered for a while."""
        scenario = script(api, {"on": "charge", "fault": "unavailable"})
        for _ in range(FAILURES_IN_A_ROW):
            assert pay(api)["status"] == "processing"
        return scenario

    def test_nothing_is_begun_while_it_is_away(self, api, away):
        before = PaymentIntent.objects.count()
        terms = {"amount": 1, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}

        answer = api.post("payment_intents", terms, status=503, idempotency_key="k")

        assert (answer.error["type"], answer.error["code"]) == (
            "api_error",
            "processor_unavailable",
        )
        assert answer.headers["Stripe-Should-Retry"] == "true"
        assert PaymentIntent.objects.count() == before
        # The key was given back: the same request goes through once the processor is there.
        api.post(f"test_helpers/scenarios/{away['id']}/end")
        calling.breakers.forget()
        assert api.post("payment_intents", terms, idempotency_key="k")["status"] == "succeeded"

    def test_what_was_claimed_meanwhile_is_sent_later(self, api, environment, away):
        attempt = Attempt.objects.latest("id")
        order = Order(AttemptKind.CHARGE, attempt.id, attempt.money, token="visa")
        assert processors.call("sim", order, now=clock.now()).outcome == "unknown"
        assert not SimulatedOrder.objects.exists()

        api.post(f"test_helpers/scenarios/{away['id']}/end")
        let_pass(timedelta(minutes=10))

        assert {row.status for row in PaymentIntent.objects.all()} == {"succeeded"}
        assert SimulatedOrder.objects.count() == FAILURES_IN_A_ROW

    def test_it_is_tried_again_after_a_while(self, api, away):
        api.post(f"test_helpers/scenarios/{away['id']}/end")
        later = clock.now() + OPEN_FOR
        assert processors.call("sim", charge(), now=clock.now()).outcome == "unknown"
        assert processors.call("sim", charge(), now=later).outcome == "approved"
        assert pay(api)["status"] == "succeeded"

    def test_one_environment_is_not_anothers_trouble(self, api, other_api, away):
        assert pay(other_api)["status"] == "succeeded"

    def test_a_decline_is_an_answer(self, api):
        for _ in range(2 * FAILURES_IN_A_ROW):
            decline(api, "pm_card_chargeDeclined")
        assert pay(api)["status"] == "succeeded"
