"""`/metrics`: who may read it, and what it says of the books."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from apps.core import clock, context
from apps.core.models import Job
from apps.core.money import Money
from apps.ledger import services
from apps.ledger.domain import Posting, chart
from apps.ledger.models import LedgerVerification
from apps.payments import services as payments
from apps.payments.processors import calling
from tests.payments.paying import pay

TOKEN = "a token of the test"
BANK, WALLET = chart.bank_settlement(), chart.wallet("wal_1")


@pytest.fixture(autouse=True)
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def scrape(**headers):
    return Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"} | headers)


def read() -> dict[tuple[str, ...], float]:
    """Return all samples, by the name without its beginning and the labels, in their order."""
    response = scrape()
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (
            sample.name.removeprefix("fincloud_"),
            *(value for _, value in sorted(sample.labels.items())),
        ): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def post(reference):
    posting = Posting(debit=BANK, credit=WALLET, money=Money(500, "eur"))
    with transaction.atomic():
        services.post([posting], reference=reference)


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü", TOKEN],
)
def test_who_has_not_the_token_reads_nothing(given):
    response = scrape(Authorization=given)

    assert (response.status_code, response.content) == (401, b"")
    assert response["WWW-Authenticate"] == 'Bearer realm="FinCloud"'


def test_without_a_token_there_is_no_such_page(settings):
    settings.METRICS_TOKEN = ""

    assert scrape().status_code == 404
    assert scrape(Authorization="Bearer ").status_code == 404


def test_it_is_asked_for_over_plain_http_as_the_probes_are(settings):
    settings.SECURE_SSL_REDIRECT = True

    assert scrape(Authorization="").status_code == 401


def test_a_book_from_its_first_posting_to_a_drift(committed):
    here = committed.environment.id
    environment = context.enter(committed.environment, by="system")
    fresh = read()
    assert ("ledger_verification_age_seconds", here) not in fresh
    assert fresh["ledger_seal_lag_seconds", here] == fresh["ledger_unsealed_postings", here] == 0
    with environment:
        post("one")
        post("two")
    waiting = read()
    assert waiting["ledger_unsealed_postings", here] == 2
    assert waiting["ledger_seal_lag_seconds", here] > 0

    with context.enter(committed.environment, by="system"):
        services.seal_now(now=clock.now())
        services.verify_round(now=clock.now() - timedelta(seconds=90))
    sound = read()
    assert sound["ledger_unsealed_postings", here] == sound["ledger_seal_lag_seconds", here] == 0
    assert [sound["ledger_verification_state", here, one] for one in ("new", "ok", "drift")] == [
        *(0, 1, 0)
    ]
    assert 0 <= sound["ledger_verification_age_seconds", here] < 60
    assert (sound["ledger_findings", here], sound["ledger_frozen", here]) == (0, 0)
    assert sound["ledger_owed_minor", "eur", here] == 1_000
    assert sound["ledger_held_minor", "eur", here] == 1_000
    assert sound["ledger_shortfall_minor", "eur", here] == 0

    with context.enter(committed.environment, by="system"):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_snapshot DISABLE TRIGGER USER")
            cursor.execute("UPDATE ledger_snapshot SET debits_minor = 0")
        services.verify_round(now=clock.now())
    drifting = read()
    assert [drifting["ledger_verification_state", here, one] for one in ("new", "ok", "drift")] == [
        *(0, 0, 1)
    ]
    assert drifting["ledger_findings", here] == 2
    assert drifting["ledger_frozen", here] == 1


@pytest.mark.django_db
def test_what_waits_in_the_installation_is_told(opened):
    samples = read()

    assert samples["oldest_due_job_seconds",] >= 0
    assert samples["oldest_undelivered_event_seconds",] >= 0
    assert samples["environments", "sandbox"] >= 2
    assert samples["environments", "live"] >= 1


def test_every_metric_is_documented(committed, settings):
    with context.enter(committed.environment, by="system"):
        post("one")
        services.verify_round(now=clock.now())
    text = (settings.BASE_DIR / "docs" / "configuration.md").read_text(encoding="utf-8")

    assert LedgerVerification.objects.exists()
    assert [name for name, *_ in read() if f"`fincloud_{name}`" not in text] == []


def test_orders_that_nobody_answers_are_counted(environment, api):
    steps = [
        {"on": "charge", "nth": 1, "fault": "timeout_before"},
        {"on": "enquire", "fault": "unavailable"},
    ]
    api.post("test_helpers/scenarios", {"name": "away", "steps": steps})
    pay(api)
    calling.breakers.forget()

    def unsettled():
        return read().get(("unsettled_attempts", environment.id))

    assert unsettled() is None
    job = Job.objects.get(task="payments.enquire")
    for minutes in range(3):
        with context.enter(environment, by="system"):
            payments.enquire(
                attempt_id=job.kwargs["attempt_id"],
                now=clock.now() + timedelta(minutes=10 * minutes),
            )
    assert unsettled() == 1
    calling.breakers.forget()
