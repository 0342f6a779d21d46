"""Story 10: payments are listed, searched, expanded, and made once; their events arrive."""

import json
from uuid import uuid4

import pytest
import stripe

pytestmark = pytest.mark.xdist_group("live")


async def test_payments_are_listed_page_by_page_newest_first(shop):
    customer, card = await shop.customer_with_card()
    made = [(await shop.pay(card.id, customer=customer.id)).id for _ in range(3)]

    listed = await shop.payment_intents.list(customer=customer.id, limit=2)

    assert (len(listed.data), listed.has_more) == (2, True)
    assert [each.id for each in await shop.all_of(listed)] == made[::-1]
    before = await shop.payment_intents.list(customer=customer.id, ending_before=made[0])
    assert [each.id for each in before.data] == made[:0:-1]


async def test_ids_are_expanded_to_four_levels(shop):
    customer, card = await shop.customer_with_card()
    paid = await shop.pay(card.id, customer=customer.id)
    refund = await shop.refunds.create(payment_intent=paid.id)

    found = await shop.refunds.retrieve(
        refund.id, expand=["charge.payment_intent.customer", "balance_transaction.source"]
    )

    assert found.charge.payment_intent.customer.email == "ada@example.com"
    assert found.balance_transaction.source.id == refund.id


async def test_payments_are_found_by_search(shop):
    order = f"order-{uuid4().hex}"
    paid = await shop.pay(metadata={"order": order})

    found = await shop.payment_intents.search(
        query=f'metadata["order"]:"{order}" AND amount>4999 AND status:"succeeded"'
    )

    assert [each.id for each in await shop.all_of(found)] == [paid.id]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.payment_intents.search(query="amount>")
    assert refused.value.param == "query"


async def test_the_same_key_pays_once(shop):
    key = uuid4().hex

    first = await shop.pay(idempotency_key=key)
    again = await shop.pay(idempotency_key=key)

    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        await shop.pay(idempotency_key=key, amount=5_001)


async def test_a_mistake_is_named_with_its_path(shop):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.customers.create(invoice_settings={"nope": "1"})
    assert (refused.value.code, refused.value.param) == (
        "parameter_unknown",
        "invoice_settings[nope]",
    )
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await shop.payment_intents.retrieve("pi_nothing")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")


async def test_events_arrive_signed_and_can_be_looked_up(shop, receiver):
    endpoint = await shop.webhook_endpoints.create(
        url=receiver.url, enabled_events=["payment_intent.succeeded"]
    )
    paid = await shop.pay()

    async def delivered():
        return [one for one in receiver.received if paid.id.encode() in one.body]

    (received,) = await shop.until(delivered)
    signature = received.headers["Stripe-Signature"]
    event = stripe.Webhook.construct_event(received.body, signature, endpoint.secret)
    assert (event.type, event.data.object.id) == ("payment_intent.succeeded", paid.id)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(received.body + b" ", signature, endpoint.secret)
    kept = await shop.events.retrieve(event.id)
    assert kept.data.object.to_dict() == json.loads(received.body)["data"]["object"]
    assert (await shop.webhook_endpoints.delete(endpoint.id)).deleted
