"""Story 5: a payment is refunded in parts, never more than it was; and a refund fails later."""

import pytest
import stripe

pytestmark = pytest.mark.xdist_group("live")


async def test_a_payment_is_refunded_in_parts_and_not_beyond(shop):
    paid = await shop.pay()

    first = await shop.refunds.create(payment_intent=paid.id, amount=2_000)
    second = await shop.refunds.create(
        charge=paid.latest_charge, amount=3_000, reason="requested_by_customer"
    )
    assert [first.status, second.status] == ["succeeded", "succeeded"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.refunds.create(payment_intent=paid.id, amount=1)
    assert refused.value.code == "charge_already_refunded"
    charge = await shop.charges.retrieve(paid.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (True, 5_000)
    listed = await shop.refunds.list(charge=charge.id)
    assert [each.id for each in listed.data] == [second.id, first.id]


async def test_a_refund_keeps_what_is_written_on_it(shop):
    paid = await shop.pay()
    refund = await shop.refunds.create(payment_intent=paid.id, metadata={"case": "17"})

    changed = await shop.refunds.update(refund.id, metadata={"agent": "Ada"})

    assert changed.metadata.to_dict() == {"case": "17", "agent": "Ada"}
    booked = await shop.balance_transactions.retrieve(refund.balance_transaction)
    assert (booked.type, booked.amount, booked.fee, booked.source) == (
        "refund",
        -5_000,
        0,
        refund.id,
    )


async def test_a_refund_that_fails_later_gives_the_money_back(shop):
    card = await shop.scripted_card(
        on="refund", later="refund_failed", reason="lost_or_stolen_card"
    )
    paid = await shop.pay(card.id)
    refund = await shop.refunds.create(payment_intent=paid.id)
    assert refund.status == "succeeded"
    await card.advance()

    async def failed():
        found = await shop.refunds.retrieve(
            refund.id, expand=["failure_balance_transaction", "charge"]
        )
        return found if found.status == "failed" else None

    found = await shop.until(failed)

    assert found.failure_reason == "lost_or_stolen_card"
    assert found.failure_balance_transaction.amount == 5_000
    assert (found.charge.refunded, found.charge.amount_refunded) == (False, 0)
