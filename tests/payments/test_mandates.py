"""Mandates: the permission that a customer gives with a payment or a set-up."""

import pytest

from apps.payments.models import Mandate
from tests.payments.acting import BACK, answer, url_of
from tests.payments.paying import decline, event_types, pay

pytestmark = pytest.mark.django_db
ACCEPTED = {
    "customer_acceptance": {
        "accepted_at": 1_700_000_000,
        "online": {"ip_address": "192.0.2.7", "user_agent": "Browser 1.0"},
        "type": "online",
    }
}


def test_a_mandate_is_active_once_its_method_is_set_up(api):
    asked = api.post(
        "setup_intents",
        {
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "confirm": True,
            "mandate_data": ACCEPTED,
            "return_url": BACK,
        },
    )
    assert api.get(f"mandates/{asked['mandate']}")["status"] == "pending"

    answer(url_of(asked), "pass")

    mandate = api.get(f"mandates/{asked['mandate']}", {"expand": ["payment_method"]})
    assert (mandate["status"], mandate["type"], mandate["multi_use"]) == ("active", "multi_use", {})
    assert mandate["customer_acceptance"] == ACCEPTED["customer_acceptance"]
    assert mandate["payment_method"]["id"] == asked["payment_method"]
    assert mandate["payment_method_details"] == {"type": "card", "card": {}}
    assert event_types(mandate["id"]) == ["mandate.updated"]


def test_a_mandate_of_what_failed_never_counts(api):
    params = {"payment_method": "pm_card_chargeDeclined", "confirm": True, "mandate_data": ACCEPTED}
    error = api.post("setup_intents", params, status=402).error
    paid = decline(api, "pm_card_chargeDeclined", mandate_data=ACCEPTED).error

    assert error["setup_intent"]["mandate"] is None
    assert paid["payment_intent"]["status"] == "requires_payment_method"
    assert list(Mandate.objects.values_list("status", flat=True)) == ["inactive", "inactive"]


def test_a_mandate_for_one_payment_names_its_amount(api):
    done = api.post(
        "setup_intents",
        {
            "payment_method": "pm_card_visa",
            "confirm": True,
            "mandate_data": ACCEPTED,
            "single_use": {"amount": 5_000, "currency": "usd"},
        },
    )

    mandate = api.get(f"mandates/{done['single_use_mandate']}")
    assert (done["mandate"], mandate["status"]) == (None, "active")
    assert mandate["single_use"] == {"amount": 5_000, "currency": "usd"}


def test_a_payment_names_the_mandate_under_which_it_is_made(api):
    customer = api.post("customers")
    first = pay(
        api, customer=customer["id"], setup_future_usage="off_session", mandate_data=ACCEPTED
    )
    mandate = Mandate.objects.get()
    assert (mandate.status, mandate.payment_intent_id) == ("active", first["id"])
    terms = {"customer": customer["id"], "off_session": True}

    later = pay(
        api,
        first["payment_method"],
        mandate=mandate.id,
        expand=["latest_charge"],
        **terms,
    )

    card = later["latest_charge"]["payment_method_details"]["card"]
    assert (later["status"], card["mandate"]) == ("succeeded", mandate.id)
    other = api.post("payment_methods/pm_card_visa/attach", {"customer": customer["id"]})["id"]
    for method, named, code in (
        (other, mandate.id, "payment_intent_mandate_invalid"),
        (first["payment_method"], "mandate_none", "resource_missing"),
    ):
        params = {"amount": 100, "currency": "usd", "confirm": True, "payment_method": method}
        error = api.post("payment_intents", {**params, **terms, "mandate": named}, status=400).error
        assert (error["code"], error["param"]) == (code, "mandate")


def test_a_mandate_is_asked_for_by_its_id(api):
    assert api.get("mandates/mandate_none", status=404).error["code"] == "resource_missing"
