"""What a page may do with a publishable key and a client secret, and what it never sees."""

import pytest

from apps.events.models import Event

pytestmark = pytest.mark.django_db


def test_a_key_for_browsers_confirms_with_the_client_secret_and_sees_little(api, publishable_api):
    intent = api.post(
        "payment_intents", {"amount": 100, "currency": "usd", "metadata": {"secret": "plan"}}
    )
    path = f"payment_intents/{intent['id']}"
    secret = {"client_secret": intent["client_secret"]}

    publishable_api.get(path, status=404)
    publishable_api.get(path, {"client_secret": "pi_x_secret_y"}, status=404)
    publishable_api.post("payment_intents", {"amount": 1, "currency": "usd"}, status=403)
    publishable_api.get("payment_intents", status=403)
    shown = publishable_api.request("GET", path, secret, is_whole=False)
    paid = publishable_api.request(
        "POST", f"{path}/confirm", {**secret, "payment_method": "pm_card_visa"}, is_whole=False
    )

    assert "metadata" not in shown
    assert "metadata" not in paid
    assert paid["status"] == "succeeded"


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_chargeDeclined"])
@pytest.mark.parametrize("key", [None, "k1"])
def test_a_browser_never_sees_the_merchants_notes(api, publishable_api, method, key):
    note = {"metadata": {"note": "for us alone"}}
    customer = api.post("customers", {"email": "payer@example.com", **note})
    terms = {"amount": 100, "currency": "usd", "customer": customer["id"], **note}
    kept = api.post("payment_methods/pm_card_visa/attach", {"customer": customer["id"]})
    api.post(f"payment_methods/{kept['id']}", note)
    intent = api.post("payment_intents", {**terms, "payment_method": kept["id"]})
    path = f"payment_intents/{intent['id']}"
    asked = {
        "client_secret": intent["client_secret"],
        "expand": ["customer", "latest_charge", "payment_method.customer"],
    }

    params = {**asked, "payment_method": method}
    options = {"status": None, "is_whole": False, "idempotency_key": key}
    answers = [
        publishable_api.get(path, asked, is_whole=False),
        publishable_api.post(f"{path}/confirm", params, **options),
        # Refused, declined again, or replayed.
        publishable_api.post(f"{path}/confirm", params, **options),
    ]

    for answer in answers:
        assert "for us alone" not in answer.body.decode()
        assert "payer@example.com" not in answer.body.decode()
    assert answers[0]["payment_method"]["customer"] == customer["id"]
    assert answers[1].status == (200 if method == "pm_card_visa" else 402)
    assert answers[2].status == (answers[1].status if key or answers[1].status == 402 else 400)
    assert Event.objects.filter(type="payment_intent.created").get().data["metadata"]


def test_a_browser_does_not_replay_the_answers_of_the_server(api, publishable_api):
    intent = api.post("payment_intents", {"amount": 100, "currency": "usd"})
    path = f"payment_intents/{intent['id']}/confirm"
    params = {"payment_method": "pm_card_visa"}
    api.post(path, params, idempotency_key="order-1")

    publishable_api.post(path, params, idempotency_key="order-1", status=404)


def test_how_the_money_is_taken_is_no_decision_of_a_browser(api, publishable_api):
    terms = {"amount": 100, "currency": "usd", "payment_method": "pm_card_visa"}
    held = api.post("payment_intents", {**terms, "capture_method": "manual"})
    manual = api.post("payment_intents", {**terms, "confirmation_method": "manual"})

    for intent, more in ((held, {"capture_method": "automatic"}), (manual, {})):
        path = f"payment_intents/{intent['id']}"
        secret = {"client_secret": intent["client_secret"]}
        error = publishable_api.post(f"{path}/confirm", {**secret, **more}, status=400).error

        assert error["code"] == "secret_key_required"
        assert api.get(path)["status"] == "requires_confirmation"
