"""Story 8: the merchant is paid out to a bank account; a payout arrives, fails, is called off."""

import pytest
import stripe

pytestmark = pytest.mark.xdist_group("live")


async def test_what_is_available_is_paid_out(shop):
    bank = await bank_account(shop)
    before = await earned(shop)
    payout = await shop.payouts.create(
        amount=1_000, currency="usd", method="instant", destination=bank, metadata={"run": "7"}
    )
    assert (payout.status, payout.amount, payout.automatic) == ("pending", 1_000, False)

    paid = await ended(shop, payout.id)

    assert (paid.status, paid.metadata["run"], paid.failure_code) == ("paid", "7", None)
    assert paid.destination.last4 == "6789"
    assert (paid.balance_transaction.type, paid.balance_transaction.net) == ("payout", -1_000)
    assert await available(shop) == before - 1_000


async def test_a_payout_that_the_bank_refuses_gives_the_money_back(shop):
    bank = await bank_account(shop, "000111111116")
    before = await earned(shop)
    payout = await shop.payouts.create(
        amount=1_000, currency="usd", method="instant", destination=bank
    )

    failed = await ended(shop, payout.id)

    assert (failed.status, failed.failure_code) == ("failed", "no_account")
    assert failed.failure_balance_transaction is not None
    assert failed.destination.status == "errored"
    assert await available(shop) == before


async def test_a_payout_is_called_off_and_never_more_than_there_is(shop):
    bank = await bank_account(shop)
    before = await earned(shop)
    payout = await shop.payouts.create(amount=1_000, currency="usd", destination=bank)

    canceled = await shop.payouts.cancel(payout.id)

    assert canceled.status == "canceled"
    assert await available(shop) == before
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.payouts.create(amount=before + 1, currency="usd", destination=bank)
    assert refused.value.code == "balance_insufficient"


async def bank_account(shop, number="000123456789"):
    """Return a bank account of the merchant's; one that payouts failed to go to is mended."""
    account = await shop.accounts.retrieve_current()
    listed = await shop.accounts.external_accounts.list(account.id, object="bank_account")
    for known in listed.data:
        if known.last4 == number[-4:]:
            await shop.accounts.external_accounts.update(
                account.id, known.id, account_holder_name="Aster Press"
            )
            return known.id
    added = await shop.accounts.external_accounts.create(
        account.id,
        external_account={
            "object": "bank_account",
            "country": "US",
            "currency": "usd",
            "routing_number": "110000000",
            "account_number": number,
        },
    )
    return added.id


async def earned(shop):
    """Take a payment whose money is available at once, also after lost disputes; return what is."""
    await shop.pay("pm_card_bypassPending", amount=200_000)
    return await available(shop)


async def available(shop):
    balance = await shop.balance.retrieve()
    return sum(part.amount for part in balance.available if part.currency == "usd")


async def ended(shop, payout_id):
    async def found():
        payout = await shop.payouts.retrieve(
            payout_id, expand=["destination", "balance_transaction"]
        )
        return payout if payout.status in ("paid", "failed") else None

    return await shop.until(found)
