"""Beside the ten: what a customer has, and the cards and tokens of older integrations."""

import pytest
import stripe

pytestmark = pytest.mark.xdist_group("live")
CARD = {"number": "4242424242424242", "exp_month": 4, "exp_year": 2040, "cvc": "123"}


async def test_a_customer_has_tax_ids_and_credit_and_is_deleted(shop):
    customer = await shop.customers.create(
        name="Ada",
        balance=-500,
        tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}],
        expand=["tax_ids"],
    )
    assert (customer.balance, customer.currency) == (-500, "usd")
    (first,) = customer.tax_ids.data

    second = await shop.customers.tax_ids.create(customer.id, type="us_ein", value="12-3456789")
    await shop.customers.tax_ids.delete(customer.id, first.id)
    listed = await shop.customers.tax_ids.list(customer.id)
    assert [one.id for one in listed.data] == [second.id]
    taken = await shop.customers.balance_transactions.create(
        customer.id, amount=200, currency="usd", description="An hour"
    )
    assert taken.ending_balance == -300
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.customers.tax_ids.create(customer.id, type="us_ein", value="12")
    assert (refused.value.code, refused.value.param) == ("tax_id_invalid", "value")

    assert (await shop.customers.delete(customer.id)).deleted is True
    gone = await shop.customers.retrieve(customer.id)
    assert gone.deleted is True


async def test_a_token_becomes_the_card_of_a_customer_and_pays(shop):
    token = await shop.tokens.create(card=CARD)
    customer = await shop.customers.create(source=token.id)
    assert customer.default_source == token.card.id

    other = await shop.customers.payment_sources.create(customer.id, source="tok_mastercard")
    listed = await shop.customers.payment_sources.list(customer.id, object="card")
    assert [one.brand for one in listed.data] == ["MasterCard", "Visa"]
    paid = await shop.charges.create(amount=700, currency="usd", customer=customer.id)
    assert (paid.status, paid.source.id) == ("succeeded", token.card.id)
    gone = await shop.customers.payment_sources.delete(customer.id, token.card.id)
    assert gone.deleted is True
    assert (await shop.customers.retrieve(customer.id)).default_source == other.id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.customers.create(source=token.id)
    assert refused.value.code == "token_already_used"
