"""Story 3: the bank asks the customer who they are; the challenge is answered over HTTP."""

from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from tests.sdk.python.library import told

pytestmark = pytest.mark.xdist_group("live")

BACK = "https://shop.example/back"


async def test_a_challenge_that_is_passed_leads_back_to_a_payment(shop):
    intent = await asked(shop)

    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.amount_received == 0
    answered = await shop.answer_challenge(intent.next_action.redirect_to_url.url, "pass")
    assert (answered.status_code, where(answered)) == (303, (intent.id, "succeeded"))
    paid = await shop.payment_intents.retrieve(intent.id, expand=["latest_charge"])
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 5_000, None)
    assert paid.latest_charge.payment_method_details.card.three_d_secure is not None


async def test_a_challenge_that_is_failed_costs_nothing_and_another_card_pays(shop):
    intent = await asked(shop)

    answered = await shop.answer_challenge(intent.next_action.redirect_to_url.url, "fail")
    assert where(answered) == (intent.id, "failed")
    failed = await shop.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    paid = await shop.payment_intents.confirm(
        intent.id, payment_method="pm_card_visa", return_url=BACK
    )
    assert (paid.status, paid.amount_received) == ("succeeded", 5_000)


async def test_nobody_is_asked_who_is_not_there(shop):
    customer, card = await shop.customer_with_card("pm_card_authenticationRequired")

    with pytest.raises(stripe.CardError) as refused:
        await shop.pay(card.id, customer=customer.id, off_session=True)

    assert refused.value.code == "authentication_required"
    assert told(refused).payment_intent["status"] == "requires_payment_method"


async def asked(shop):
    return await shop.pay("pm_card_threeDSecure2Required", return_url=BACK)


def where(answered):
    """Return what the shop is told about the payment when its customer comes back."""
    address = urlsplit(answered.headers["Location"])
    assert answered.headers["Location"].startswith(BACK)
    told = parse_qs(address.query)
    return told["payment_intent"][0], told["redirect_status"][0]
