"""Story 7: a customer disputes a charge; the merchant sends evidence, and wins or loses."""

import io

import pytest
import stripe

pytestmark = pytest.mark.xdist_group("live")

# The smallest file that is a picture: one transparent dot.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da6364f8cf50"
    "0f0003860180a5d6c5ec0000000049454e44ae426082"
)


async def test_a_dispute_is_won_with_evidence(shop):
    card, charge, dispute = await disputed(shop, reason="fraudulent")
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "needs_response",
        "fraudulent",
        5_000,
    )
    assert charge.disputed
    receipt = await shop.files.create(purpose="dispute_evidence", file=picture())

    await shop.disputes.update(
        dispute.id,
        evidence={
            "receipt": receipt.id,
            "customer_name": "Ada",
            "uncategorized_text": "winning_evidence",
        },
    )

    await card.advance()  # the bank thinks for a while
    won = await ended(shop, dispute.id)
    assert (won.status, won.evidence.receipt) == ("won", receipt.id)
    assert won.evidence_details.submission_count == 1
    taken, given_back = won.balance_transactions
    assert (taken.amount, given_back.amount) == (-5_000, 5_000)


async def test_a_dispute_is_lost_by_accepting_it(shop):
    _, _, dispute = await disputed(shop, reason="product_not_received")

    lost = await shop.disputes.close(dispute.id)

    assert lost.status == "lost"
    assert sum(each.amount for each in lost.balance_transactions) == -5_000
    with pytest.raises(stripe.InvalidRequestError):
        await shop.disputes.update(dispute.id, evidence={"customer_name": "Ada"})


async def disputed(shop, *, reason):
    """Return a card, its charge and the dispute that the processor tells of later."""
    card = await shop.scripted_card(on="charge", later="dispute", reason=reason)
    paid = await shop.pay(card.id)
    await card.advance()

    async def found():
        return (await shop.disputes.list(payment_intent=paid.id)).data

    (dispute,) = await shop.until(found)
    return card, await shop.charges.retrieve(paid.latest_charge), dispute


async def ended(shop, dispute_id):
    async def closed():
        dispute = await shop.disputes.retrieve(dispute_id)
        return dispute if dispute.status in ("won", "lost") else None

    return await shop.until(closed)


def picture():
    file = io.BytesIO(DOT)
    file.name = "receipt.png"
    return file
