"""A customer verifies their bank account in a real browser, with the official library's objects."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_admin import fits, keep
from tests.browser.test_challenge import Customer, customer, shop  # noqa: F401  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_customer_tells_the_code_and_is_debited(customer: Customer) -> None:  # noqa: F811
    account = {"account_number": "000123456789", "routing_number": "110000000"}
    accepted = {"customer_acceptance": {"type": "offline", "offline": {}}}
    params: Any = {
        "amount": 4_200,
        "currency": "usd",
        "payment_method_types": ["us_bank_account"],
        "payment_method_data": {"type": "us_bank_account", "us_bank_account": account},
        "mandate_data": accepted,
        "confirm": True,
    }
    intent: Any = customer.client.v1.payment_intents.create(params=params)
    page = customer.page
    page.goto(intent.next_action.verify_with_microdeposits.hosted_verification_url)
    expect(page.locator("main")).to_contain_text("6789")
    assert fits(page)
    keep(page, "microdeposits")

    page.get_by_label("Code").fill("SM00ZZ")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Code").fill("sm11aa")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert customer.client.v1.payment_intents.retrieve(intent.id).status in (
        "processing",
        "succeeded",
    )
