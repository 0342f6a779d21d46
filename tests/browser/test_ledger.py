"""Two operators and a wrong transaction, in a real browser; each page is kept as a picture."""

from collections.abc import Iterator, Mapping

import pytest
import requests
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import TIMEOUT_MS, Shown, sign_in
from tests.browser.test_admin import fits, keep

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture
def colleague(browser: Browser, shown: Shown) -> Iterator[Page]:
    """A second browser, in which the other operator is signed in."""
    context = browser.new_context(base_url=shown.here.base_url, viewport=DESK)
    context.set_default_timeout(TIMEOUT_MS)
    opened = context.new_page()
    sign_in(opened, shown.colleague)
    opened.goto(f"/admin/?environment={shown.environment_id}")
    yield opened
    context.close()


def post(shown: Shown, path: str, form: Mapping[str, object]) -> None:
    """Call the ledger's API."""
    answer = requests.post(
        f"{shown.here.base_url}/v1/ledger/{path}",
        data=dict(form),
        auth=(shown.secret_key, ""),
        timeout=20,
    )
    assert answer.status_code == 200, answer.text


@pytest.fixture
def reference(request: pytest.FixtureRequest, shown: Shown) -> str:
    """A transaction between two accounts of its own: something that was sold twice."""
    shop = f"shop-{request.node.callspec.params['page']}"
    till, sales = f"{shop}:till", f"{shop}:sales"
    for code, kind, name in ((till, "asset", "The till"), (sales, "revenue", "Sales")):
        post(shown, "accounts", {"code": code, "kind": kind, "currency": "usd", "name": name})
    for number in (1, 2):
        posting = {"debit": till, "credit": sales, "amount": 4_250, "currency": "usd"}
        form: dict[str, object] = {f"postings[0][{name}]": one for name, one in posting.items()}
        form |= {"reference": f"{shop}/sale/{number}", "metadata[description]": "A bicycle lamp"}
        post(shown, "transactions", form)
    return f"{shop}/sale/2"


def keep_both(page: Page, name: str) -> None:
    """Take pictures as on a desk and as on a phone; neither is wider than the screen."""
    for size, prefix in ((DESK, ""), (PHONE, "phone-")):
        page.set_viewport_size(size)
        assert fits(page), f"{prefix}{name} is wider than its screen."
        keep(page, f"{prefix}{name}")
    page.set_viewport_size(DESK)


def test_a_wrong_transaction_is_reversed_by_two(
    page: Page, colleague: Page, shown: Shown, reference: str
) -> None:
    shop = reference.partition("/")[0]
    page.goto(f"/admin/?environment={shown.environment_id}")
    page.locator('#nav-sidebar a[href$="/ledgeraccount/tree/"]').click()
    till = page.locator("#kind-asset details", has_text=shop).locator(".fc-leaf")
    expect(till).to_contain_text("85.00 USD")
    keep_both(page, "reversal-1-tree")
    # A branch is folded and unfolded without leaving the page.
    branch = page.locator("#kind-asset summary", has_text=shop)
    branch.click()
    expect(till).to_be_hidden()
    branch.click()

    till.get_by_role("link").click()
    expect(page.locator("#history svg")).to_be_visible()
    keep_both(page, "reversal-2-account")
    page.locator("#latest").get_by_role("link", name=reference).click()
    journal = page.locator("#journal")
    expect(journal).to_contain_text("A bicycle lamp")
    expect(journal.locator("tfoot")).to_contain_text("42.50 USD")
    keep_both(page, "reversal-3-journal")

    page.get_by_role("link", name="Propose a reversal").click()
    page.get_by_label("Reason").fill("Entered twice")
    keep_both(page, "reversal-4-propose")
    page.get_by_role("button", name="Propose the reversal").click()
    expect(page.locator("#four-eyes")).to_contain_text("another operator has to decide")
    expect(page.get_by_role("link", name="Approve")).to_have_count(0)
    keep_both(page, "reversal-5-proposed")

    colleague.goto("/admin/")
    colleague.locator('#nav-sidebar a[href*="/ledgerproposal/"]').click()
    colleague.locator("#result_list tbody tr", has_text=reference).locator("th a").click()
    colleague.get_by_role("link", name="Approve").click()
    colleague.get_by_role("button", name="Approve and post").click()
    expect(colleague.locator("#journal")).to_contain_text("42.50 USD")

    page.goto("/admin/ledger/ledgeraccount/tree/")
    expect(till).to_contain_text("42.50 USD")
    page.goto(f"/admin/ledger/ledgertransaction/?q={reference}")
    page.locator("#result_list tbody th a").first.click()
    expect(journal).to_contain_text("reversed")
    expect(page.locator("#proposals")).to_contain_text("approved")
    keep_both(page, "reversal-6-reversed")


def test_the_books_of_the_installation_show_themselves(page: Page, shown: Shown) -> None:
    page.goto(f"/admin/?environment={shown.environment_id}")
    page.goto("/admin/ledger/ledgeraccount/trial-balance/")
    debits, credits_ = (page.locator(f"#{side}").inner_text() for side in ("debits", "credits"))
    assert debits == credits_
    keep_both(page, "trial-balance")

    page.goto("/admin/ledger/ledgerverification/")
    page.locator("#result_list tbody tr", has_text="Acme Robotics").first.locator("a").first.click()
    page.wait_for_url("**/change/")
    page.get_by_role("link", name="Verify now").click()
    page.get_by_role("button", name="Begin a new round").click()
    expect(page.locator("#state")).to_contain_text("Everything adds up.")
    keep_both(page, "verification-of-a-book")
