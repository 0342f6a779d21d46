"""Story 2: a card is declined, the customer takes another one, and pays once."""

import pytest
import stripe

from tests.sdk.python.library import told

pytestmark = pytest.mark.xdist_group("live")


async def test_a_declined_payment_goes_on_with_another_card(shop):
    with pytest.raises(stripe.CardError) as refused:
        await shop.pay("pm_card_chargeDeclinedInsufficientFunds")

    error = refused.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert told(refused).decline_code == "insufficient_funds"
    intent = told(refused).payment_intent
    assert intent["status"] == "requires_payment_method"
    paid = await shop.payment_intents.confirm(intent["id"], payment_method="pm_card_visa")
    assert (paid.id, paid.status, paid.last_payment_error) == (intent["id"], "succeeded", None)
    charges = await shop.charges.list(payment_intent=paid.id)
    assert [each.status for each in charges.data] == ["succeeded", "failed"]
    assert charges.data[1].failure_code == "card_declined"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ],
)
async def test_a_decline_says_what_the_customer_is_to_be_told(shop, card, code):
    with pytest.raises(stripe.CardError) as refused:
        await shop.pay(card)

    assert refused.value.code == code
    assert refused.value.user_message


async def test_a_card_that_was_saved_may_be_declined_later(shop):
    customer, card = await shop.customer_with_card("pm_card_chargeCustomerFail")

    with pytest.raises(stripe.CardError) as refused:
        await shop.pay(card.id, customer=customer.id, off_session=True)

    failed = await shop.payment_intents.retrieve(told(refused).payment_intent["id"])
    assert failed.last_payment_error.decline_code == "generic_decline"
    assert failed.last_payment_error.payment_method.id == card.id
    assert failed.amount_received == 0
