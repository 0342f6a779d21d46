"""Story 6: a card is set up while its owner is there, and charged when they are not."""

import pytest
import stripe

from tests.sdk.python.library import told

pytestmark = pytest.mark.xdist_group("live")

BACK = "https://shop.example/back"


async def test_a_card_that_was_set_up_is_charged_without_its_owner(shop):
    customer = await shop.customers.create(name="Grace")
    setup = await shop.setup_intents.create(
        customer=customer.id,
        payment_method="pm_card_visa",
        payment_method_types=["card"],
        usage="off_session",
        confirm=True,
    )

    assert (setup.status, setup.usage) == ("succeeded", "off_session")
    paid = await shop.pay(setup.payment_method, customer=customer.id, off_session=True)
    assert (paid.status, paid.payment_method) == ("succeeded", setup.payment_method)


async def test_who_authenticated_at_the_setup_is_not_asked_again(shop):
    customer = await shop.customers.create(name="Grace")
    setup = await shop.setup_intents.create(
        customer=customer.id,
        payment_method="pm_card_authenticationRequiredOnSetup",
        payment_method_types=["card"],
        confirm=True,
        return_url=BACK,
    )
    assert setup.status == "requires_action"

    answered = await shop.answer_challenge(setup.next_action.redirect_to_url.url, "pass")

    assert "redirect_status=succeeded" in answered.headers["Location"]
    done = await shop.setup_intents.retrieve(setup.id, expand=["latest_attempt"])
    assert (done.status, done.latest_attempt.status) == ("succeeded", "succeeded")
    paid = await shop.pay(done.payment_method, customer=customer.id, off_session=True)
    assert paid.status == "succeeded"


async def test_a_setup_may_be_declined_and_given_up(shop):
    with pytest.raises(stripe.CardError) as refused:
        await shop.setup_intents.create(
            payment_method="pm_card_chargeDeclined", payment_method_types=["card"], confirm=True
        )

    declined = told(refused).setup_intent
    assert declined["status"] == "requires_payment_method"
    assert declined["last_setup_error"]["decline_code"] == "generic_decline"
    canceled = await shop.setup_intents.cancel(
        declined["id"], cancellation_reason="requested_by_customer"
    )
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "requested_by_customer")
