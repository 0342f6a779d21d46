"""Story 4: money is authorised first; captured whole, in part, or let go."""

import pytest
import stripe

from tests.sdk.python.library import told

pytestmark = pytest.mark.xdist_group("live")


async def test_an_authorisation_is_captured_in_part(shop):
    held = await shop.pay(capture_method="manual")
    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture",
        5_000,
        0,
    )

    captured = await shop.payment_intents.capture(held.id, amount_to_capture=3_500)

    assert (captured.status, captured.amount_received) == ("succeeded", 3_500)
    assert captured.amount_capturable == 0
    charge = await shop.charges.retrieve(captured.latest_charge)
    assert (charge.captured, charge.amount, charge.amount_captured) == (True, 5_000, 3_500)


async def test_an_authorisation_is_let_go(shop):
    held = await shop.pay(capture_method="manual")

    canceled = await shop.payment_intents.cancel(held.id, cancellation_reason="abandoned")

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    charge = await shop.charges.retrieve(canceled.latest_charge)
    assert (charge.captured, charge.balance_transaction) == (False, None)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.payment_intents.capture(held.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert told(refused).payment_intent["status"] == "canceled"


async def test_more_than_was_authorised_is_not_captured(shop):
    held = await shop.pay(capture_method="manual")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.payment_intents.capture(held.id, amount_to_capture=5_001)

    assert refused.value.param == "amount_to_capture"
    assert (await shop.payment_intents.retrieve(held.id)).amount_capturable == 5_000
