"""`/v1/setup_intents`: a payment method is made ready, and no money moves."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.payments import services
from apps.payments.models import Attempt, SetupAttempt, SetupIntent
from apps.payments.services import setup
from tests.payments.acting import BACK, answer, came_back_with, look, url_of
from tests.payments.paying import decline, event_types, pay

pytestmark = pytest.mark.django_db
ON_SETUP = "pm_card_authenticationRequiredOnSetup"


def set_up(api, method: str = "pm_card_visa", **more: object):
    """Create and confirm a SetupIntent."""
    return api.post("setup_intents", {"payment_method": method, "confirm": True, **more})


def test_a_card_is_set_up_from_the_wish_to_the_customer(api):
    customer = api.post("customers")
    made = api.post("setup_intents", {"customer": customer["id"], "description": "Later"})
    assert (made["status"], made["usage"]) == ("requires_payment_method", "off_session")
    assert made["client_secret"].startswith(f"{made['id']}_secret_")
    path = f"setup_intents/{made['id']}"
    chosen = api.post(path, {"payment_method": "pm_card_visa"})
    assert chosen["status"] == "requires_confirmation"

    done = api.post(f"{path}/confirm", {"expand": ["latest_attempt", "payment_method"]})

    assert (done["status"], done["next_action"]) == ("succeeded", None)
    assert done["payment_method"]["customer"] == customer["id"]
    assert done["latest_attempt"]["status"] == "succeeded"
    assert done["latest_attempt"]["payment_method_details"]["card"]["last4"] == "4242"
    assert event_types(made["id"]) == ["setup_intent.created", "setup_intent.succeeded"]
    assert event_types(done["payment_method"]["id"]) == ["payment_method.attached"]
    assert api.get("balance_transactions")["data"] == []
    assert api.get("charges")["data"] == []


def test_a_customer_proves_who_they_are_once_and_is_charged_when_away(api):
    customer = api.post("customers")
    asked = set_up(api, ON_SETUP, customer=customer["id"], return_url=BACK)
    assert asked["status"] == "requires_action"
    assert event_types(asked["id"])[-1] == "setup_intent.requires_action"
    assert "keep your card" in look(url_of(asked)).content.decode()

    told = came_back_with(answer(url_of(asked), "pass"))

    assert told == {
        "cart": "7",
        "setup_intent": asked["id"],
        "setup_intent_client_secret": asked["client_secret"],
        "redirect_status": "succeeded",
    }
    done = api.get(f"setup_intents/{asked['id']}")
    assert done["status"] == "succeeded"
    away = {"customer": customer["id"], "off_session": True}
    assert pay(api, done["payment_method"], **away)["status"] == "succeeded"


def test_a_customer_who_fails_sets_nothing_up(api):
    customer = api.post("customers")
    asked = set_up(api, ON_SETUP, customer=customer["id"], return_url=BACK)

    told = came_back_with(answer(url_of(asked), "fail"))

    failed = api.get(f"setup_intents/{asked['id']}", {"expand": ["latest_attempt"]})
    assert told["redirect_status"] == "failed"
    assert (failed["status"], failed["payment_method"]) == ("requires_payment_method", None)
    assert failed["last_setup_error"]["code"] == "setup_intent_authentication_failure"
    assert failed["latest_attempt"]["status"] == "failed"
    assert failed["latest_attempt"]["setup_error"]["code"] == failed["last_setup_error"]["code"]
    assert event_types(asked["id"])[-1] == "setup_intent.setup_failed"
    assert api.get(f"customers/{customer['id']}/payment_methods")["data"] == []
    kept = asked["payment_method"]
    assert decline(api, kept, off_session=True).error["code"] == "authentication_required"


def test_a_card_that_is_declined_is_not_set_up(api):
    error = api.post(
        "setup_intents",
        {"payment_method": "pm_card_chargeDeclined", "confirm": True},
        status=402,
    ).error

    intent = error["setup_intent"]
    assert (error["type"], error["code"], error["decline_code"]) == (
        "card_error",
        "card_declined",
        "generic_decline",
    )
    assert intent["status"] == "requires_payment_method"
    assert intent["last_setup_error"]["payment_method"]["card"]["last4"] == "0002"
    again = api.post(f"setup_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"})
    assert (again["status"], again["last_setup_error"]) == ("succeeded", None)
    attempts = api.get("setup_attempts", {"setup_intent": intent["id"]})["data"]
    assert [one["status"] for one in attempts] == ["succeeded", "failed"]


def test_another_confirmation_takes_the_place_of_the_question(api):
    asked = set_up(api, ON_SETUP, return_url=BACK)
    path = f"setup_intents/{asked['id']}"

    done = api.post(f"{path}/confirm", {"payment_method": "pm_card_visa"})
    answer(url_of(asked), "fail")

    assert (done["status"], api.get(path)["status"]) == ("succeeded", "succeeded")
    shown = api.get("setup_attempts", {"setup_intent": asked["id"]})["data"]
    assert [one["status"] for one in shown] == ["succeeded", "abandoned"]


def test_it_is_canceled_until_it_has_succeeded(api):
    asked = set_up(api, ON_SETUP, return_url=BACK)
    path = f"setup_intents/{asked['id']}"

    canceled = api.post(f"{path}/cancel", {"cancellation_reason": "abandoned"})
    answer(url_of(asked), "pass")

    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "abandoned")
    assert (api.get(path)["status"], canceled["next_action"]) == ("canceled", None)
    assert event_types(asked["id"])[-1] == "setup_intent.canceled"
    done = set_up(api)
    for operation in ("cancel", "confirm"):
        error = api.post(f"setup_intents/{done['id']}/{operation}", status=400).error
        assert error["code"] == "setup_intent_unexpected_state"
        assert error["setup_intent"]["id"] == done["id"]


def test_its_texts_change_for_ever_and_its_terms_until_it_is_over(api):
    done = set_up(api, metadata={"a": "1"})
    path = f"setup_intents/{done['id']}"

    error = api.post(path, {"payment_method": "pm_card_visa"}, status=400).error
    changed = api.post(path, {"description": "Kept", "metadata": {"a": "", "b": "2"}})

    assert error["code"] == "setup_intent_unexpected_state"
    assert (changed["description"], changed["metadata"]) == ("Kept", {"b": "2"})


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"payment_method": "pm_missing"}, "resource_missing", "payment_method"),
        ({"customer": "cus_missing"}, "resource_missing", "customer"),
        ({"confirm": True}, "setup_intent_unexpected_state", "payment_method"),
        ({"return_url": "https://x.example"}, None, "return_url"),
        (
            {"confirm": True, "payment_method": "pm_card_visa", "return_url": "javascript:x"},
            "url_invalid",
            "return_url",
        ),
        ({"usage": "sometimes"}, None, "usage"),
        (
            {"payment_method_types": ["sepa_debit"], "payment_method": "pm_card_visa"},
            "setup_intent_invalid_parameter",
            "payment_method",
        ),
        (
            {"payment_method_types": ["card"], "automatic_payment_methods": {"enabled": True}},
            None,
            "payment_method_types",
        ),
        (
            {"payment_method_types": ["card"], "excluded_payment_method_types": ["card"]},
            None,
            "payment_method_types",
        ),
        ({"nope": 1}, "parameter_unknown", "nope"),
    ],
)
def test_bad_input_is_named_and_makes_nothing(api, params, code, param):
    error = api.post("setup_intents", params, status=400).error

    assert (error.get("code"), error["param"]) == (code, param)
    assert (SetupIntent.objects.count(), Attempt.objects.count()) == (0, 0)


def test_a_method_of_one_customer_is_not_set_up_for_another(api):
    owner, other = api.post("customers"), api.post("customers")
    method = api.post("payment_methods/pm_card_visa/attach", {"customer": owner["id"]})["id"]

    error = api.post(
        "setup_intents", {"customer": other["id"], "payment_method": method}, status=400
    ).error

    assert error["code"] == "payment_method_customer_mismatch"


def test_the_lists_filter(api):
    customer = api.post("customers")
    mine = set_up(api, customer=customer["id"])
    other = set_up(api, ON_SETUP)

    def listed(**filters: object) -> list[str]:
        return [one["id"] for one in api.get("setup_intents", filters)["data"]]

    assert listed() == [other["id"], mine["id"]]
    assert listed(customer=customer["id"]) == [mine["id"]]
    assert listed(payment_method=mine["payment_method"]) == [mine["id"]]
    assert listed(limit=1, starting_after=other["id"]) == [mine["id"]]
    attempts = api.get("setup_attempts", {"setup_intent": mine["id"], "expand": ["data.customer"]})
    assert [one["customer"]["id"] for one in attempts["data"]] == [customer["id"]]
    missing = api.get("setup_attempts", {"setup_intent": "seti_none"}, status=400).error
    assert (missing["code"], missing["param"]) == ("resource_missing", "setup_intent")
    absent = api.get("setup_attempts", status=400).error
    assert (absent["code"], absent["param"]) == ("parameter_missing", "setup_intent")


def test_a_browser_sets_up_with_the_client_secret_and_sees_little(api, publishable_api):
    note = {"metadata": {"note": "for us alone"}}
    customer = api.post("customers", note)
    made = api.post("setup_intents", {"customer": customer["id"], **note})
    path = f"setup_intents/{made['id']}"
    card = {"type": "card", "card": {"token": "tok_visa_chargeDeclined"}, **note}
    refused = api.post("payment_methods", card)["id"]
    secret = {"client_secret": made["client_secret"]}

    publishable_api.get(path, status=404)
    publishable_api.get(path, {"client_secret": "seti_x_secret_y"}, status=404)
    publishable_api.post(f"{path}/confirm", {"payment_method": "pm_card_visa"}, status=404)
    publishable_api.get("setup_intents", status=403)
    publishable_api.post(f"{path}/cancel", status=403)
    seen = publishable_api.get(path, secret, is_whole=False)
    declined = publishable_api.post(
        f"{path}/confirm",
        {**secret, "payment_method": refused},
        status=402,
        is_whole=False,
    )
    asked = publishable_api.post(
        f"{path}/confirm",
        {**secret, "payment_method": ON_SETUP, "return_url": BACK},
        is_whole=False,
    )
    answer(url_of(asked), "pass")

    assert (seen["status"], asked["status"]) == ("requires_payment_method", "requires_action")
    assert declined.error["payment_method"]["id"] == refused
    assert api.get(path)["status"] == "succeeded"
    for shown in (seen, declined, asked):
        assert "for us alone" not in shown.body.decode()


def test_many_attempts_are_kept_in_order(api):
    made = api.post("setup_intents")
    path = f"setup_intents/{made['id']}/confirm"
    for _ in range(3):
        api.post(path, {"payment_method": "pm_card_chargeDeclined"}, status=402)
    api.post(path, {"payment_method": "pm_card_visa"})

    rows = SetupAttempt.objects.order_by("id").values_list("status", flat=True)
    assert list(rows) == ["failed", "failed", "failed", "succeeded"]


def test_a_set_up_whose_process_died_is_settled_by_the_enquiry(api, environment):
    given = {"payment_method": "pm_card_visa", "confirm": True}
    attempt = setup._create_and_claim(given=given, now=clock.now())
    path = f"setup_intents/{attempt.setup_intent_id}"
    assert api.get(path)["status"] == "processing"
    api.post(f"{path}/cancel", status=400)

    for _ in range(2):
        services.enquire(attempt_id=attempt.id, now=clock.now())

    assert api.get(path)["status"] == "succeeded"
    assert event_types(attempt.setup_intent_id or "") == [
        "setup_intent.created",
        "setup_intent.succeeded",
    ]


def test_a_question_that_nobody_answers_is_failed_after_a_day(api):
    asked, paid = set_up(api, ON_SETUP, return_url=BACK), pay(api, ON_SETUP, return_url=BACK)
    tomorrow = clock.now() + timedelta(hours=25)

    for attempt in Attempt.objects.filter(status="acting"):
        services.enquire(attempt_id=attempt.id, now=tomorrow)

    for path in (f"setup_intents/{asked['id']}", f"payment_intents/{paid['id']}"):
        assert api.get(path)["status"] == "requires_payment_method"
