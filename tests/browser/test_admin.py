"""What an operator does in the admin, in a real browser; each page is kept as a picture."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Shown

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def keep(page: Page, name: str) -> None:
    """Take a picture of the whole page, in the theme that it is in."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    theme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else ""
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready")
    path = SCREENSHOTS / f"{name}{'-' if theme else ''}{theme}.png"
    page.screenshot(path=path, full_page=True)


def choose(page: Page, name: str) -> None:
    """Choose an environment at the top of the sidebar."""
    page.locator(".fc-switch summary").click()
    page.locator(".fc-menu").get_by_role("link", name=name).first.click()
    expect(page.locator(".fc-switch summary")).to_contain_text("Acme Robotics")


def fits(page: Page) -> bool:
    """Say whether the page need not be moved sideways to be read."""
    viewport = page.viewport_size
    assert viewport is not None
    return bool(page.evaluate("document.documentElement.scrollWidth") <= viewport["width"])


def test_an_operator_follows_a_payment_to_its_webhook(page: Page, shown: Shown) -> None:
    keep(page, "home-without-environment")
    page.locator("#nav-sidebar").locator('a[href="/admin/payments/paymentintent/"]').click()
    expect(page.get_by_role("heading", name="Which environment?")).to_be_visible()
    keep(page, "choose-environment")
    choose(page, "Acme Robotics")
    keep(page, "payments")

    page.get_by_role("link", name=shown.payment_id).click()
    trail = page.locator("#trail")
    expect(trail).to_contain_text("payment_intent.succeeded")
    expect(trail).to_contain_text("processor:sim:receivable")
    keep(page, "payment")

    page.locator(".fc-find input").fill(shown.payment_id)
    page.locator(".fc-find input").press("Enter")
    expect(page.locator("#trail")).to_be_visible()

    trail.get_by_role("link", name="payment_intent.succeeded").click()
    expect(page.locator(".fc-json").first).to_contain_text(shown.payment_id)
    keep(page, "event")

    page.get_by_role("link", name="Trail", exact=True).click()
    expect(trail).to_contain_text(shown.payment_id)
    expect(trail).to_contain_text("processor:sim:receivable")
    keep(page, "trail")


PAGES = {
    "home": "",
    "charges": "payments/charge/",
    "refunds": "payments/refund/",
    "attempts": "payments/attempt/",
    "customers": "customers/customer/",
    "ledger-tree": "ledger/ledgeraccount/tree/",
    "ledger-accounts": "ledger/ledgeraccount/",
    "trial-balance": "ledger/ledgeraccount/trial-balance/",
    "ledger-transactions": "ledger/ledgertransaction/",
    "ledger-postings": "ledger/ledgerposting/",
    "ledger-entries": "ledger/ledgerentry/",
    "periods": "ledger/ledgerperiod/",
    "seals": "ledger/ledgerseal/",
    "proposals": "ledger/ledgerproposal/",
    "verification": "ledger/ledgerverification/",
    "audit-trail": "identity/auditentry/",
    "balance-transactions": "balances/release/",
    "events": "events/event/",
    "deliveries": "webhooks/delivery/",
    "jobs": "core/job/",
    "tenants": "tenants/tenant/",
    "environments": "tenants/environment/",
    "api-keys": "identity/apikey/",
    "users": "identity/user/",
    "search": "find/?q=4242",
}


def test_every_list_shows_itself(page: Page, shown: Shown) -> None:
    page.goto(f"/admin/?environment={shown.environment_id}")
    for name, path in PAGES.items():
        answer = page.goto(f"/admin/{path}")
        assert answer is not None
        assert answer.status == 200
        keep(page, name)


def test_menus_open_and_a_phone_has_room(page: Page, shown: Shown) -> None:
    page.goto(f"/admin/?environment={shown.environment_id}")
    page.locator(".fc-switch summary").click()
    expect(page.locator(".fc-menu")).to_be_visible()
    keep(page, "switch-of-environments")

    page.goto("/admin/payments/paymentintent/")
    page.locator("#changelist a", has_text="Filters").click()
    expect(page.get_by_role("button", name="Apply Filters")).to_be_visible()
    keep(page, "filters")

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/admin/")
    keep(page, "phone-home")
    page.goto(f"/admin/payments/paymentintent/{shown.payment_id}/change/")
    assert fits(page)
    keep(page, "phone-payment")


def test_signing_in_is_asked_for(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/admin/payments/paymentintent/")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    keep(page, "sign-in")


def test_the_first_of_a_list_shows_itself(page: Page, shown: Shown) -> None:
    page.goto(f"/admin/?environment={shown.environment_id}")
    for name in ("customers", "ledger-accounts", "ledger-transactions", "deliveries", "tenants"):
        page.goto(f"/admin/{PAGES[name]}")
        page.locator("#result_list tbody th a").first.click()
        page.wait_for_url("**/change/**")
        keep(page, f"{name}-first")


def test_a_declined_payment_says_why(page: Page, shown: Shown) -> None:
    page.goto(
        f"/admin/payments/paymentintent/{shown.declined_id}/change/"
        f"?environment={shown.environment_id}"
    )
    expect(page.locator("#trail")).to_contain_text("card_declined")
    keep(page, "payment-declined")


def test_a_key_is_rolled_and_its_successor_shown_once(page: Page, shown: Shown) -> None:
    page.goto("/admin/identity/apikey/")
    page.locator("th.field-label a").first.click()
    keep(page, "api-key")
    page.get_by_role("link", name="Roll").click()
    keep(page, "api-key-roll")
    page.get_by_role("button", name="Roll the key").click()
    expect(page.locator("#new-key")).to_contain_text("k_")
    keep(page, "api-key-new")
