"""The trail of an object, on a page of its own and at the end of the pages of payments."""

import pytest
from django.contrib.admin.utils import quote
from django.urls import reverse

from apps.events.models import Event
from apps.ledger.models import LedgerEntry, LedgerTransaction
from apps.payments.models import Attempt, PaymentIntent
from apps.webhooks.models import Delivery
from tests.backoffice.operators import text

KINDS = (
    *("intent", "charge", "refund", "attempt", "event", "ledger transaction", "ledger entry"),
    "balance transaction",
)


def id_of(kind: str, made) -> str:
    """Return the id of something of the payment."""
    match kind:
        case "intent" | "charge" | "refund":
            return str(getattr(made, kind))
        case "attempt":
            return Attempt.objects.latest("pk").pk
        case "event":
            return Event.objects.filter(object_id=made.refund).latest("pk").pk
    transaction = LedgerTransaction.objects.get(source_id=made.refund)
    match kind:
        case "ledger transaction":
            return transaction.pk
        case "ledger entry":
            return LedgerEntry.objects.filter(transaction=transaction).latest("pk").pk
    return transaction.pk.replace("ltx_", "txn_")


def page_of(object_id: str) -> str:
    return reverse("backoffice_trail", args=[object_id])


def trail_in(shown: str) -> str:
    return shown[shown.index('id="trail"') :]


def ids_of_the_payment(made) -> list[str]:
    """Return the ids that the trail of the payment has, in the order of its sections."""
    intent = PaymentIntent.objects.get(pk=made.intent)
    told = Event.objects.filter(object_id__in=[made.intent, made.charge, made.refund])
    return [
        made.intent,
        *[attempt.pk for attempt in intent.attempts.order_by("pk")],
        made.charge,
        made.refund,
        *[one.pk for one in LedgerTransaction.objects.order_by("pk")],
        *[quote(event.pk) for event in told.order_by("pk")],
        made.customer,
    ]


@pytest.mark.parametrize("kind", ["intent", "charge", "refund"])
def test_pages_of_payments_end_with_it(operator, made, kind):
    path = {"intent": "paymentintent", "charge": "charge", "refund": "refund"}[kind]
    shown = text(operator.get(f"/admin/payments/{path}/{quote(getattr(made, kind))}/change/"))
    trail = trail_in(shown)

    places = [trail.index(one) for one in ids_of_the_payment(made)]
    assert places == sorted(places)
    assert "96.80 USD" in trail  # what the merchant's pending balance had after the charge
    assert "86.80 USD" in trail  # and after the refund
    assert "Charge" in trail
    (delivery,) = Delivery.objects.all()
    assert f"/admin/webhooks/delivery/{delivery.pk}/change/" in trail


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_has_a_page_with_the_same_trail(operator, made, kind):
    shown = text(operator.get(page_of(id_of(kind, made))))
    whole = text(operator.get(page_of(made.intent)))

    assert trail_in(shown) == trail_in(whole)
    assert all(one in trail_in(shown) for one in ids_of_the_payment(made))


def test_a_payment_without_money_has_a_trail(operator, api):
    intent = api.post("payment_intents", {"amount": 500, "currency": "eur"})
    shown = trail_in(text(operator.get(page_of(intent["id"]))))

    assert "Nothing was asked yet." in shown
    assert "No money was collected yet." in shown
    assert "Nothing was posted." in shown


def test_a_customer_is_a_hub(operator, made):
    shown = trail_in(text(operator.get(page_of(made.customer))))

    assert "customer.created" in shown
    assert made.intent not in shown


def test_pages_of_the_ledger_lead_to_it(operator, made):
    transaction = LedgerTransaction.objects.get(source_id=made.charge)
    shown = text(operator.get(f"/admin/ledger/ledgertransaction/{quote(transaction.pk)}/change/"))

    assert f'href="{page_of(transaction.pk)}"' in shown


def test_the_search_leads_to_it(operator, made):
    shown = text(operator.get("/admin/find/", q="4242"))

    assert f'href="{page_of(made.intent)}"' in shown


@pytest.mark.parametrize("object_id", ["pi_none", "ltx_none", "what", "x_y", "txn_", "len_1"])
def test_what_is_not_there_has_none(operator, made, object_id):
    answer = operator.get(page_of(object_id))

    assert answer.status_code == 404
    assert f"There is no trail of “{object_id}”" in answer.content.decode()


def test_what_is_another_environments_has_none(operator, made, other_environment, other_api):
    theirs = other_api.post("customers")

    assert operator.get(page_of(theirs["id"])).status_code == 404


def test_without_an_environment_one_is_asked_for(stranger, made):
    assert "Which environment?" in text(stranger.get(page_of(made.intent)))
