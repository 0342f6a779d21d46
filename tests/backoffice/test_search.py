"""Finding things, the filters, and the home page."""

from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote

from apps.core import clock
from apps.events.models import Event
from apps.payments.models import PaymentIntent
from apps.webhooks.models import Delivery
from tests.backoffice.operators import text

PAYMENTS = "/admin/payments/paymentintent/"


@pytest.fixture
def other_payment(api):
    """A payment that must not be found: another card, no customer, another currency."""
    intent = api.post(
        "payment_intents",
        {"amount": 500, "currency": "eur", "payment_method": "pm_card_mastercard", "confirm": True},
    )
    return intent["id"]


@pytest.mark.parametrize("by", ["id", "e-mail", "last four"])
def test_the_list_of_payments_finds(operator, made, other_payment, by):
    query = {"id": made.intent, "e-mail": "ada@backoffice.test", "last four": "4242"}[by]

    shown = text(operator.get(PAYMENTS, q=query))
    assert made.intent in shown
    assert other_payment not in shown


@pytest.mark.parametrize(
    "filters",
    [
        {"currency": "usd"},
        {"status": "succeeded", "currency": "usd"},
        {"created_at_from": "2020-01-01", "currency": "usd"},
    ],
)
def test_the_list_of_payments_filters(operator, made, other_payment, filters):
    shown = text(operator.get(PAYMENTS, **filters))

    assert made.intent in shown
    assert other_payment not in shown


def test_a_filter_by_day_means_whole_days(operator, made):
    today = clock.now().date()
    yesterday = today - timedelta(days=1)

    assert made.intent in text(
        operator.get(PAYMENTS, created_at_from=f"{today}", created_at_to=f"{today}")
    )
    assert made.intent not in text(operator.get(PAYMENTS, created_at_to=f"{yesterday}"))
    assert made.intent in text(operator.get(PAYMENTS, created_at_to="no day"))


@pytest.mark.parametrize("kind", ["customer", "intent", "charge", "refund", "endpoint"])
def test_an_id_leads_to_its_page(operator, made, kind):
    object_id = getattr(made, kind)
    answer = operator.get("/admin/find/", q=f" {object_id} ")

    assert answer.status_code == 302
    assert answer["Location"].endswith(f"/{quote(object_id)}/change/")
    assert object_id in text(operator.get(answer["Location"]))


@pytest.mark.parametrize("query", ["ada@backoffice.test", "4242"])
def test_everything_is_searched(operator, made, query):
    shown = text(operator.get("/admin/find/", q=query))

    assert made.intent in shown
    assert made.charge in shown


def test_what_is_not_found_is_said(operator):
    assert "Nothing was found for “&lt;b&gt;”" in text(operator.get("/admin/find/", q="<b>"))


def test_without_an_environment_the_installation_is_searched(stranger, made, environment):
    shown = text(stranger.get("/admin/find/", q=environment.tenant.name))

    assert environment.tenant.pk in shown
    assert made.intent not in shown


def test_a_delivery_lists_its_requests(operator, made):
    (delivery,) = Delivery.objects.all()
    shown = text(operator.get(f"/admin/webhooks/delivery/{delivery.pk}/change/"))

    assert "HTTP 500" in shown
    (tried,) = delivery.tries.all()
    answer = text(operator.get(f"/admin/webhooks/deliveryattempt/{tried.pk}/change/"))
    assert "&lt;oops&gt;" in answer


def test_the_last_day_of_the_calendar_is_a_day(operator, made):
    assert made.intent in text(operator.get(PAYMENTS, created_at_to="9999-12-31"))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/admin/", {"environment": "\0"}),
        ("/admin/find/", {"q": "\0"}),
        ("/admin/ledger/ledgerentry/", {"account__id__exact": "\0"}),
        (f"{PAYMENTS}%00/change/", {}),
    ],
)
def test_an_address_with_a_nul_is_a_bad_one(operator, path, query):
    assert operator.get(path, **query).status_code == 400


def test_what_merchants_write_is_escaped(operator, made):
    shown = text(operator.get(f"{PAYMENTS}{quote(made.intent)}/change/"))

    assert "&lt;b&gt;6735&lt;/b&gt;" in shown
    assert "<b>6735</b>" not in shown


def test_no_page_shows_a_secret(operator, made):
    intent = PaymentIntent.objects.get(pk=made.intent)
    event = Event.objects.filter(object_id=made.intent).latest("pk")
    pages = [
        f"{PAYMENTS}{quote(made.intent)}/change/",
        f"/admin/events/event/{quote(event.pk)}/change/",
        f"/admin/webhooks/webhookendpoint/{quote(made.endpoint)}/change/",
    ]
    for page in pages:
        shown = text(operator.get(page))
        assert intent.client_secret not in shown
        assert "whsec_" not in shown


def test_the_home_page_has_true_figures(operator, made, other_payment, api):
    declined = {"amount": 700, "currency": "usd", "payment_method": "pm_card_chargeDeclined"}
    api.post("payment_intents", {**declined, "confirm": True}, status=402)

    shown = text(operator.get("/admin/"))
    assert "100.00 USD" in shown
    assert "5.00 EUR" in shown
    assert "66.6 %" in shown
    assert "2 succeeded, 1 failed" in shown
