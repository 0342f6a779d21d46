"""3-D Secure: the customer is asked, answers on the page or not, and the payment goes on."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing

from apps.core import clock, jobs
from apps.core.models import Job
from apps.ledger import queries as ledger
from apps.payments import services
from apps.payments.models import Attempt, Charge, PaymentIntent, SimulatedOrder
from apps.payments.processors import simulator
from apps.payments.services import challenges
from tests.payments.acting import BACK, answer, came_back_with, look, url_of
from tests.payments.paying import decline, event_types, pay

pytestmark = pytest.mark.django_db
ALWAYS = "pm_card_authenticationRequired"
THEN_DECLINED = "pm_card_threeDSecureRequiredChargeDeclined"


def test_a_customer_who_passes_has_paid(api):
    asked = pay(api, ALWAYS, return_url=BACK)
    assert (asked["status"], asked["latest_charge"]) == ("requires_action", None)
    assert asked["next_action"]["redirect_to_url"]["return_url"] == BACK
    assert event_types(asked["id"])[-1] == "payment_intent.requires_action"
    page = look(url_of(asked)).content.decode()
    assert "Aster Press" in page
    assert "100.00 USD" in page
    assert "3184" in page

    told = came_back_with(answer(url_of(asked), "pass"))

    assert told == {
        "cart": "7",
        "payment_intent": asked["id"],
        "payment_intent_client_secret": asked["client_secret"],
        "redirect_status": "succeeded",
    }
    paid = api.get(f"payment_intents/{asked['id']}", {"expand": ["latest_charge"]})
    assert (paid["status"], paid["next_action"]) == ("succeeded", None)
    assert (paid["amount_received"], paid["latest_charge"]["captured"]) == (10_000, True)
    assert event_types(asked["id"])[-1] == "payment_intent.succeeded"
    assert ledger.balances_by_code(["processor:sim:receivable"], currency="usd") == {
        "processor:sim:receivable": 10_000
    }
    assert not Job.objects.filter(task="payments.enquire").exists()


def test_a_customer_who_fails_has_not_paid_and_may_pay_otherwise(api):
    asked = pay(api, ALWAYS, return_url=BACK)

    told = came_back_with(answer(url_of(asked), "fail"))

    failed = api.get(f"payment_intents/{asked['id']}")
    assert told["redirect_status"] == "failed"
    assert (failed["status"], failed["next_action"]) == ("requires_payment_method", None)
    assert failed["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert failed["last_payment_error"]["message"]
    assert (failed["payment_method"], failed["latest_charge"]) == (None, None)
    assert event_types(asked["id"])[-1] == "payment_intent.payment_failed"
    assert api.get("balance_transactions")["data"] == []
    again = api.post(f"payment_intents/{asked['id']}/confirm", {"payment_method": "pm_card_visa"})
    assert (again["status"], again["last_payment_error"]) == ("succeeded", None)


@pytest.mark.parametrize("said", ["pass", "fail"])
def test_an_answer_counts_once(api, said):
    asked = pay(api, ALWAYS, return_url=BACK)
    first = came_back_with(answer(url_of(asked), said))
    told = event_types(asked["id"])

    for other in ("pass", "fail"):
        assert came_back_with(answer(url_of(asked), other)) == first
    assert came_back_with(look(url_of(asked))) == first
    assert event_types(asked["id"]) == told
    assert Charge.objects.count() == (1 if said == "pass" else 0)


def test_the_bank_may_decline_a_customer_who_has_proved_who_they_are(api):
    asked = pay(api, THEN_DECLINED, return_url=BACK)

    told = came_back_with(answer(url_of(asked), "pass"))

    declined = api.get(f"payment_intents/{asked['id']}", {"expand": ["latest_charge"]})
    assert told["redirect_status"] == "failed"
    assert declined["status"] == "requires_payment_method"
    assert declined["last_payment_error"]["code"] == "card_declined"
    assert declined["latest_charge"]["status"] == "failed"


def test_without_an_address_the_merchants_script_leads_to_the_page(api):
    asked = pay(api, ALWAYS)
    action = asked["next_action"]
    assert action["type"] == "use_stripe_sdk"
    assert action["use_stripe_sdk"]["type"] == "three_d_secure_redirect"

    ended = answer(url_of(asked), "pass")

    assert (ended.status_code, b"Thank you" in ended.content) == (200, True)
    assert api.get(f"payment_intents/{asked['id']}")["status"] == "succeeded"
    by_script = pay(api, ALWAYS, return_url=BACK, use_stripe_sdk=True)
    assert by_script["next_action"]["type"] == "use_stripe_sdk"


@pytest.mark.parametrize("more", [{"off_session": True}, {"error_on_requires_action": True}])
def test_where_nobody_may_be_asked_the_payment_is_declined(api, more):
    error = decline(api, ALWAYS, **more).error

    intent = error["payment_intent"]
    assert (error["code"], intent["status"]) == (
        "authentication_required",
        "requires_payment_method",
    )
    assert (intent["next_action"], intent["last_payment_error"]["code"]) == (
        None,
        "authentication_required",
    )
    assert api.get(f"charges/{error['charge']}")["status"] == "failed"
    assert not Attempt.objects.exclude(status="failed").exists()


def test_a_card_that_was_set_up_is_charged_when_its_owner_is_away(api):
    customer = api.post("customers")
    terms = {"customer": customer["id"], "return_url": BACK}
    setup = "pm_card_authenticationRequiredOnSetup"
    not_set_up = api.post(f"payment_methods/{setup}/attach", {"customer": customer["id"]})["id"]
    away = {"customer": customer["id"], "off_session": True}
    assert decline(api, not_set_up, **away).error["code"] == "authentication_required"

    first = pay(api, setup, setup_future_usage="off_session", **terms)
    answer(url_of(first), "pass")
    kept = api.get(f"payment_intents/{first['id']}")["payment_method"]
    later = pay(api, kept, **away)

    assert later["status"] == "succeeded"
    assert api.get(f"payment_methods/{kept}")["customer"] == customer["id"]


def test_what_is_kept_is_said_of_the_kind_or_of_all(api):
    customer = api.post("customers")["id"]

    def kept(**terms: Any) -> Any:
        paid = pay(api, customer=customer, **terms)
        return api.get(f"payment_methods/{paid['payment_method']}")["customer"] == customer

    def of_card(usage: str) -> dict[str, object]:
        return {"payment_method_options": {"card": {"setup_future_usage": usage}}}

    assert kept(**of_card("off_session"))
    assert kept(setup_future_usage="on_session")
    assert not kept(setup_future_usage="on_session", **of_card("none"))
    assert not kept()


def test_another_confirmation_takes_the_place_of_the_question(api):
    asked = pay(api, ALWAYS, return_url=BACK)
    path = f"payment_intents/{asked['id']}"

    paid = api.post(f"{path}/confirm", {"payment_method": "pm_card_visa"})
    told = came_back_with(answer(url_of(asked), "pass"))

    assert (paid["status"], told["redirect_status"]) == ("succeeded", "succeeded")
    assert sorted(Attempt.objects.values_list("status", flat=True)) == ["abandoned", "succeeded"]
    assert Charge.objects.count() == 1
    # What was given up here is given up at the processor.
    jobs.run_due(now=clock.now())
    given_up = Attempt.objects.get(status="abandoned")
    assert SimulatedOrder.objects.get(reference=given_up.id).outcome == "declined"
    assert api.get(path)["status"] == "succeeded"


@pytest.mark.parametrize("change", [{"amount": 5_000}, {"payment_method": "pm_card_visa"}])
def test_other_terms_are_not_what_the_customer_was_asked(api, change):
    asked = pay(api, ALWAYS, return_url=BACK)
    path = f"payment_intents/{asked['id']}"

    changed = api.post(path, change)
    answer(url_of(asked), "pass")

    assert (changed["status"], changed["next_action"]) == ("requires_confirmation", None)
    assert api.get(path)["status"] == "requires_confirmation"
    assert Charge.objects.count() == 0


def test_a_note_does_not_take_the_question_back(api):
    asked = pay(api, ALWAYS, return_url=BACK)
    changed = api.post(f"payment_intents/{asked['id']}", {"metadata": {"order": "7"}})

    assert (changed["status"], changed["next_action"]) == ("requires_action", asked["next_action"])


def test_a_payment_is_canceled_while_its_customer_is_asked(api):
    asked = pay(api, ALWAYS, return_url=BACK)
    path = f"payment_intents/{asked['id']}"

    canceled = api.post(f"{path}/cancel")
    told = came_back_with(answer(url_of(asked), "pass"))

    assert (canceled["status"], canceled["next_action"]) == ("canceled", None)
    assert told["redirect_status"] == "failed"
    assert (api.get(path)["status"], Charge.objects.count()) == ("canceled", 0)


def test_who_confirms_by_hand_confirms_again_after_the_question(api):
    asked = pay(api, ALWAYS, return_url=BACK, confirmation_method="manual")
    path = f"payment_intents/{asked['id']}"

    told = came_back_with(answer(url_of(asked), "pass"))
    waiting = api.get(path)
    assert (told["redirect_status"], waiting["status"]) == ("succeeded", "requires_confirmation")
    assert Charge.objects.count() == 0
    paid = api.post(f"{path}/confirm")

    assert paid["status"] == "succeeded"
    # The proof served one payment: another one is asked for again.
    assert pay(api, ALWAYS, confirmation_method="manual")["status"] == "requires_action"


def test_a_proof_is_of_the_card_that_was_shown(api):
    asked = pay(api, ALWAYS, return_url=BACK, confirmation_method="manual")
    path = f"payment_intents/{asked['id']}"
    answer(url_of(asked), "pass")

    again = api.post(f"{path}/confirm", {"payment_method": ALWAYS})

    assert again["status"] == "requires_action"


def test_an_answer_whose_process_died_is_settled_by_the_enquiry(api):
    asked = pay(api, ALWAYS, return_url=BACK)
    path = f"payment_intents/{asked['id']}"
    attempt = Attempt.objects.get()

    # It dies after the claim: the customer is asked again.
    assert challenges._claim(attempt.id, now=clock.now()) is not None
    assert api.get(path)["status"] == "processing"
    assert api.post(f"{path}/cancel", status=400).error["code"] == "payment_intent_unexpected_state"
    (due,) = Job.objects.filter(task="payments.enquire")
    jobs.run_due(now=due.due_at)
    assert api.get(path)["next_action"]["type"] == "redirect_to_url"

    # It dies after the processor was told: the payment is recorded.
    challenges._claim(attempt.id, now=clock.now())
    simulator.authenticate(attempt.id, is_passed=True, now=clock.now())
    services.enquire(attempt_id=attempt.id, now=clock.now())
    assert (api.get(path)["status"], Charge.objects.count()) == ("succeeded", 1)


def test_an_authorisation_asks_as_well(api):
    asked = pay(api, ALWAYS, return_url=BACK, capture_method="manual")

    told = came_back_with(answer(url_of(asked), "pass"))

    held = api.get(f"payment_intents/{asked['id']}")
    assert told["redirect_status"] == "succeeded"
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 10_000)


def test_the_stored_answer_of_a_confirmation_stays_what_it_was(api):
    params = {
        "amount": 10_000,
        "currency": "usd",
        "payment_method": ALWAYS,
        "confirm": True,
        "return_url": BACK,
    }
    asked = api.post("payment_intents", params, idempotency_key="order-7")
    answer(url_of(asked), "pass")

    again = api.post("payment_intents", params, idempotency_key="order-7")

    assert again == asked
    assert again.headers["Idempotent-Replayed"] == "true"
    assert PaymentIntent.objects.count() == 1


def test_an_address_that_was_changed_or_is_too_old_leads_nowhere(api, monkeypatch):
    url = url_of(pay(api, ALWAYS, return_url=BACK))
    forged = signing.dumps(["env_x", "att_x"], salt="payments.challenge")

    for wrong in (f"{url}x", f"/challenge?token={forged}", "/challenge", "/challenge?token=%00"):
        assert look(wrong).status_code == 404
        assert answer(wrong, "pass").status_code == 404
    tomorrow = time.time() + timedelta(hours=25).total_seconds()
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    assert look(url).status_code == 404
    assert Charge.objects.count() == 0


def test_the_page_may_do_nothing_but_ask(api):
    page = look(url_of(pay(api, ALWAYS, return_url=BACK)))

    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert "script" not in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in page  # a merchant may show it in a frame of their own
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript://x/%0aalert(1)",
        "data:text/html,x",
        "java\tscript://x/y",
        "/relative",
        "shop.example/return",
        "https://",
        "https://[",
    ],
)
def test_nobody_is_sent_to_what_is_no_page(api, url):
    terms = {"amount": 100, "currency": "usd", "payment_method": ALWAYS, "confirm": True}

    error = api.post("payment_intents", {**terms, "return_url": url}, status=400).error

    assert (error["code"], error["param"]) == ("url_invalid", "return_url")
    assert not PaymentIntent.objects.exists()


def test_a_customer_goes_back_to_an_app(api):
    asked = pay(api, ALWAYS, return_url="myshop://paid")

    assert answer(url_of(asked), "pass")["Location"].startswith("myshop://paid?payment_intent=pi_")


def test_kinds_that_may_lead_elsewhere_need_a_way_back(api):
    automatic: dict[str, Any] = {"automatic_payment_methods": {"enabled": True}}
    terms = {"amount": 100, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}

    error = api.post("payment_intents", {**terms, **automatic}, status=400).error
    assert (error["code"], error["param"]) == ("parameter_missing", "return_url")

    automatic["automatic_payment_methods"]["allow_redirects"] = "never"
    paid = api.post("payment_intents", {**terms, **automatic})
    assert (paid["status"], paid["payment_method_types"]) == (
        "succeeded",
        ["card", "us_bank_account"],
    )


def test_a_browser_is_sent_to_the_page(api, publishable_api):
    intent = api.post("payment_intents", {"amount": 100, "currency": "usd"})
    asked = publishable_api.post(
        f"payment_intents/{intent['id']}/confirm",
        {"client_secret": intent["client_secret"], "payment_method": ALWAYS, "return_url": BACK},
        is_whole=False,
    )

    assert asked["status"] == "requires_action"
    answer(url_of(asked), "pass")
    seen = publishable_api.get(
        f"payment_intents/{intent['id']}",
        {"client_secret": intent["client_secret"]},
        is_whole=False,
    )
    assert seen["status"] == "succeeded"
