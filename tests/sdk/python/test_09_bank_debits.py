"""Story 9: a customer pays by debit of a bank account; whether there was money is told later."""

import pytest
import stripe

pytestmark = pytest.mark.xdist_group("live")

IBAN = "DE89370400440532013000"
ACCEPTED = {
    "customer_acceptance": {
        "type": "online",
        "online": {"ip_address": "203.0.113.7", "user_agent": "Firefox"},
    }
}


async def test_a_debit_is_processing_until_the_bank_has_paid(shop):
    debit, intent = await debited(shop, later="settled")
    charge = await shop.charges.retrieve(intent.latest_charge)
    assert (intent.status, charge.status, charge.paid) == ("processing", "pending", False)
    mandate = await shop.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate)
    assert mandate.customer_acceptance.online.ip_address == "203.0.113.7"

    await debit.advance()
    paid = await left(shop, intent.id, "processing")

    assert (paid.status, paid.amount_received) == ("succeeded", 5_000)
    assert paid.latest_charge.balance_transaction.type == "payment"
    assert (await shop.mandates.retrieve(mandate.id)).status == "active"


async def test_a_debit_that_the_bank_refuses_costs_nothing(shop):
    debit, intent = await debited(shop, later="late_decline", reason="insufficient_funds")

    await debit.advance()
    failed = await left(shop, intent.id, "processing")

    assert (failed.status, failed.amount_received) == ("requires_payment_method", 0)
    assert failed.last_payment_error.code == "insufficient_funds"
    assert (failed.latest_charge.status, failed.latest_charge.balance_transaction) == (
        "failed",
        None,
    )


async def test_nobody_is_debited_who_has_not_agreed(shop):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.pay(
            "pm_sepaDebit_success_de", payment_method_types=["sepa_debit"], currency="eur"
        )

    assert (refused.value.code, refused.value.param) == ("parameter_missing", "mandate_data")


async def debited(shop, *, later, reason=""):
    """Return a bank account with its scenario, and a payment by it of which nothing is known."""
    method = await shop.payment_methods.create(
        type="sepa_debit",
        sepa_debit={"iban": IBAN},
        billing_details={"name": "Ada", "email": "ada@example.com"},
    )
    debit = await shop.script(method.id, on="charge", later=later, reason=reason)
    intent = await shop.pay(
        method.id, payment_method_types=["sepa_debit"], currency="eur", mandate_data=ACCEPTED
    )
    return debit, intent


async def left(shop, intent_id, status):
    async def found():
        intent = await shop.payment_intents.retrieve(
            intent_id, expand=["latest_charge.balance_transaction"]
        )
        return intent if intent.status != status else None

    return await shop.until(found)
