"""A running installation with the demo's tenants, some payments in it, and a real browser."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from django.core.management import call_command
from playwright.sync_api import Browser, Page, sync_playwright

from devtools.packages import find_browser
from devtools.place import ROOT
from tests import installation
from tests.installation import Installation
from tests.webhooks.receiver import receiving

SCREENSHOTS = ROOT / ".data" / "screenshots"
TIMEOUT_MS = 20_000


@dataclass(frozen=True)
class Shown:
    """What there is to see: the installation, who signs in, and the ids of some objects.

    :ivar secret_key: of the environment.
    """

    here: Installation
    operator: dict[str, str]
    colleague: dict[str, str]
    secret_key: str
    environment_id: str
    payment_id: str
    declined_id: str


@pytest.fixture(scope="module")
def shown(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, django_db_blocker: Any
) -> Iterator[Shown]:
    """Run an installation with payments of every fate."""
    if find_browser() is None:
        pytest.skip("There is no Chromium here: the tests in a browser are skipped.")
    call_command("collectstatic", interactive=False, verbosity=0)
    folder = tmp_path_factory.mktemp("browser")
    with (
        django_db_blocker.unblock(),
        installation.installation(folder, name=f"browser_{worker_id}") as here,
        receiving() as receiver,
    ):
        django_db_blocker.block()
        facts = seed(here, folder / "demo.json")
        sandbox = facts["tenants"][0]["environments"][0]
        with requests.Session() as session:
            client = stripe.StripeClient(
                sandbox["secret_key"],
                base_addresses={"api": here.base_url},
                http_client=stripe.RequestsClient(session=session),
            )
            payment_id, declined_id = pay(client, receiver.url)
        yield Shown(
            here=here,
            operator=facts["operator"],
            colleague=make_colleague(here),
            secret_key=sandbox["secret_key"],
            environment_id=sandbox["id"],
            payment_id=payment_id,
            declined_id=declined_id,
        )


def seed(here: Installation, path: Path) -> dict[str, Any]:
    """Make the demo's operator and tenants; return what its file says."""
    installation.manage(here.env, "seed_demo", "--file", str(path))
    facts: dict[str, Any] = json.loads(path.read_text())
    return facts


def make_colleague(here: Installation) -> dict[str, str]:
    """Make a second operator; return how to sign in."""
    found = {"email": "colleague@fincloud.test", "password": secrets.token_urlsafe(12)}
    named = {f"DJANGO_SUPERUSER_{name.upper()}": value for name, value in found.items()}
    installation.manage({**here.env, **named}, "createsuperuser", "--noinput")
    return found


def pay(client: stripe.StripeClient, webhook_url: str) -> tuple[str, str]:
    """Make customers and payments; return a refunded payment and a declined one."""
    client.v1.webhook_endpoints.create(params={"url": webhook_url, "enabled_events": ["*"]})
    names = ("Ada Lovelace", "Grace Hopper", "Katherine Johnson", "Hedy Lamarr")
    customers = [
        client.v1.customers.create(
            params={"name": name, "email": f"{name.split()[0].lower()}@example.com"}
        )
        for name in names
    ]
    intents = [
        client.v1.payment_intents.create(
            params={
                "amount": 1_900 + 4_217 * number,
                "currency": ("usd", "eur", "usd")[number % 3],
                "customer": customers[number % len(customers)].id,
                "payment_method": ("pm_card_visa", "pm_card_mastercard")[number % 2],
                "confirm": True,
                "description": f"Order {1_001 + number}",
                "metadata": {"order": str(1_001 + number), "channel": "web"},
                "capture_method": "manual" if number == 5 else "automatic",
            }
        )
        for number in range(8)
    ]
    paid = intents[6]
    client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 1_250})
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(
            params={
                "amount": 7_700,
                "currency": "usd",
                "customer": customers[1].id,
                "payment_method": "pm_card_chargeDeclined",
                "confirm": True,
                "description": "Order 1009",
            }
        )
    answer: Any = refused.value.json_body
    return paid.id, answer["error"]["payment_intent"]["id"]


@pytest.fixture(scope="module")
def browser(shown: Shown) -> Iterator[Browser]:
    """Start the machine's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, shown: Shown) -> Iterator[Page]:
    """Open a page in light and in dark, signed in; nothing may go wrong on it unseen."""
    context = browser.new_context(
        base_url=shown.here.base_url,
        color_scheme=request.param,
        viewport={"width": 1440, "height": 900},
    )
    context.set_default_timeout(TIMEOUT_MS)
    opened = context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on(
        "response", lambda answer: troubles.append(answer.url) if answer.status >= 400 else None
    )
    sign_in(opened, shown.operator)
    yield opened
    context.close()
    assert troubles == []


def sign_in(page: Page, operator: dict[str, str]) -> None:
    """Sign in as the operator."""
    page.goto("/admin/")
    page.get_by_label("Email").fill(operator["email"])
    page.get_by_label("Password").fill(operator["password"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
