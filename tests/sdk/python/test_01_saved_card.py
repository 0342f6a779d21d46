"""Story 1: a customer saves a card, and pays with it again and again."""

import pytest
import stripe

pytestmark = pytest.mark.xdist_group("live")

# The standard plan: 2.9 % and 30 cents.
FEE = 145 + 30


async def test_a_customer_pays_with_a_saved_card(shop):
    customer, card = await shop.customer_with_card()
    paid = await shop.pay(card.id, customer=customer.id, metadata={"order": "6735"})

    assert isinstance(paid, stripe.PaymentIntent)
    assert (paid.status, paid.amount_received, paid.customer) == ("succeeded", 5_000, customer.id)
    assert paid.metadata["order"] == "6735"
    saved = await shop.payment_methods.list(customer=customer.id, type="card")
    assert [(each.id, each.card.last4) for each in saved.data] == [(card.id, "4242")]


async def test_the_money_of_a_payment_is_traced_to_the_cent(shop):
    before = await pending(shop)
    paid = await shop.pay(expand=["latest_charge.balance_transaction"])

    booked = paid.latest_charge.balance_transaction
    assert (booked.amount, booked.fee, booked.net) == (5_000, FEE, 5_000 - FEE)
    assert [part.type for part in booked.fee_details] == ["stripe_fee"]
    assert await pending(shop) == before + 5_000 - FEE


async def test_a_card_is_renewed_detached_and_then_of_no_use(shop):
    customer, card = await shop.customer_with_card("pm_card_mastercard")

    renewed = await shop.payment_methods.update(card.id, card={"exp_month": 12, "exp_year": 2040})
    assert (renewed.card.brand, renewed.card.exp_year) == ("mastercard", 2040)
    detached = await shop.payment_methods.detach(card.id)
    assert detached.customer is None
    with pytest.raises(stripe.InvalidRequestError):
        await shop.pay(card.id, customer=customer.id)


async def pending(shop):
    balance = await shop.balance.retrieve()
    return sum(part.amount for part in balance.pending if part.currency == "usd")
