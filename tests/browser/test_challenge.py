"""A customer answers the challenge of 3-D Secure in a real browser, as a shop sends them to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
import stripe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, Shown
from tests.browser.test_admin import fits, keep

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ALWAYS = "pm_card_authenticationRequired"


class Shop(BaseHTTPRequestHandler):
    """A shop that says the same to whoever comes, and remembers that they came."""

    came: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.came.append(self.path)
        body = b"<!doctype html><link rel=icon href=data:,><h1>The shop</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """Open the shop; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Customer:
    """A browser that knows nothing of the merchant's, and a shop to which it comes back."""

    page: Page
    client: stripe.StripeClient
    shop: str

    def is_asked(self, **more: object) -> Any:
        """Confirm a payment that asks for a challenge; return the intent."""
        terms = {"amount": 4_200, "currency": "eur", "payment_method": ALWAYS, "confirm": True}
        params: Any = {**terms, "return_url": f"{self.shop}done?cart=7", **more}
        return self.client.v1.payment_intents.create(params=params)

    def opens(self, intent: Any) -> None:
        """Follow the merchant's redirect."""
        self.page.goto(intent.next_action.redirect_to_url.url)

    def presses(self, name: str) -> None:
        """Press a button, and be back in the shop."""
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_url(f"{self.shop}**")


@pytest.fixture(params=["light", "dark"])
def customer(
    request: pytest.FixtureRequest, browser: Browser, shown: Shown, shop: str
) -> Iterator[Customer]:
    """Open a browser that is signed in nowhere; nothing may go wrong in it unseen."""
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": 390, "height": 760}
    )
    context.set_default_timeout(TIMEOUT_MS)
    client = stripe.StripeClient(
        shown.secret_key, base_addresses={"api": shown.here.base_url}, max_network_retries=0
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)

    yield Customer(page=page, client=client, shop=shop)
    context.close()
    assert troubles == []


def test_a_customer_confirms_that_it_is_them_and_has_paid(customer: Customer) -> None:
    intent = customer.is_asked()
    customer.opens(intent)
    expect(customer.page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    expect(customer.page.locator("main")).to_contain_text("Acme Robotics")
    expect(customer.page.locator("main")).to_contain_text("42.00 EUR")
    expect(customer.page.locator("main")).to_contain_text("3184")
    assert fits(customer.page)
    keep(customer.page, "challenge")

    customer.presses("Complete authentication")

    (came_back,) = [path for path in Shop.came if intent.id in path]
    assert came_back.startswith(f"/done?cart=7&payment_intent={intent.id}&")
    assert came_back.endswith("redirect_status=succeeded")
    assert customer.client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_customer_who_fails_is_told_so_and_pays_otherwise(customer: Customer) -> None:
    intent = customer.is_asked()
    customer.opens(intent)

    customer.presses("Fail authentication")

    assert customer.page.url.endswith("redirect_status=failed")
    failed = customer.client.v1.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    again: Any = {"payment_method": "pm_card_visa", "return_url": f"{customer.shop}done"}
    assert customer.client.v1.payment_intents.confirm(intent.id, params=again).status == "succeeded"


def test_who_comes_to_the_page_again_is_sent_on_and_nothing_happens_twice(
    customer: Customer,
) -> None:
    intent = customer.is_asked()
    customer.opens(intent)
    other = customer.page.context.new_page()
    other.goto(intent.next_action.redirect_to_url.url)
    customer.presses("Complete authentication")

    # The same page, still open in another tab: its answer comes too late.
    other.get_by_role("button", name="Fail authentication").click()
    other.wait_for_url(f"{customer.shop}**")
    customer.opens(intent)

    assert other.url.endswith("redirect_status=succeeded")
    assert customer.page.url.endswith("redirect_status=succeeded")
    charges = customer.client.v1.charges.list(params={"payment_intent": intent.id})
    assert [charge.status for charge in charges.data] == ["succeeded"]


def test_a_card_is_set_up_in_a_frame_of_the_shop(customer: Customer) -> None:
    params: Any = {
        "payment_method": "pm_card_authenticationRequiredOnSetup",
        "confirm": True,
        "use_stripe_sdk": True,
    }
    asked: Any = customer.client.v1.setup_intents.create(params=params)
    url = asked.next_action.use_stripe_sdk["stripe_js"]
    customer.page.goto(customer.shop)
    customer.page.set_content(f'<iframe src="{url}" width="380" height="600"></iframe>')
    frame = customer.page.frame_locator("iframe")
    expect(frame.locator("main")).to_contain_text("wants to keep your card")

    frame.get_by_role("button", name="Complete authentication").click()

    expect(frame.locator("main")).to_contain_text("Thank you")
    assert customer.client.v1.setup_intents.retrieve(asked.id).status == "succeeded"
