"""The official Python library in the four ways in which it is used, so that a story is told once.

A story is a coroutine: `await shop.payment_intents.confirm(intent.id, return_url=…)`. By its style
the call is made with a `StripeClient` or with the classes of the module, at once or awaited; what
it returns and raises is the library's own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest
import requests
import stripe

from tests.installation import Installation

TIMEOUT_S = 30
STYLES = ("client", "client_async", "classes", "classes_async")

# Where the classes of the module are not called like the services of the client.
_CLASSES: dict[tuple[str, ...], Any] = {
    ("balance",): stripe.Balance,
    ("files",): stripe.File,
    ("test_helpers", "refunds"): stripe.Refund.TestHelpers,
}
_NAMES = {"update": "modify", "retrieve_current": "retrieve"}
_PART_OF_CUSTOMER = {
    ("customers", "payment_sources"): "source",
    ("customers", "tax_ids"): "tax_id",
    ("customers", "balance_transactions"): "balance_transaction",
}
_PART_OF_ACCOUNT = {("accounts", "external_accounts"): "external_account"}


def told(refused: pytest.ExceptionInfo[stripe.StripeError]) -> Any:
    """Return what a refusal said: the `error` of the answer, as the library shows it."""
    return refused.value.error


@dataclass(frozen=True)
class Operations:
    """The operations of a resource, or one of them."""

    shop: "Shop"
    path: tuple[str, ...]

    def __getattr__(self, name: str) -> "Operations":
        return Operations(self.shop, (*self.path, name))

    async def __call__(self, *ids: str, idempotency_key: str | None = None, **params: Any) -> Any:
        """Call the operation with the parameters of the wire."""
        options = {"idempotency_key": idempotency_key} if idempotency_key else {}
        suffix = "_async" if self.shop.is_async else ""
        if self.shop.client is not None:
            service = reduce(getattr, self.path[:-1], self.shop.client.v1)
            operation = getattr(service, self.path[-1] + suffix)
            called = operation(*ids, params=params, options=options)
        else:
            called = _of_class(self.path, suffix)(*ids, **params, **options)
        return await called if self.shop.is_async else called


def _of_class(path: tuple[str, ...], suffix: str) -> Callable[..., Any]:
    resource, operation = path[:-1], path[-1]
    for parts, holder in ((_PART_OF_CUSTOMER, stripe.Customer), (_PART_OF_ACCOUNT, stripe.Account)):
        if resource in parts:
            plural = "s" if operation == "list" else ""
            verb = _NAMES.get(operation, operation)
            called: Callable[..., Any] = getattr(
                holder, f"{verb}_{parts[resource]}{plural}{suffix}"
            )
            return called
    name = _NAMES.get(operation, operation)
    cls = _CLASSES.get(resource) or getattr(stripe, _class_name(resource[-1]))
    of_class: Callable[..., Any] = getattr(cls, name + suffix)
    return of_class


def _class_name(plural: str) -> str:
    return "".join(word.capitalize() for word in plural.removesuffix("s").split("_"))


class Shop:
    """A merchant's server: one style of the library, set up for the installation."""

    def __init__(self, live: Installation, *, style: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.live = live
        self.is_async = style.endswith("_async")
        self._session = requests.Session()
        self._http: Any = (
            stripe.AIOHTTPClient()
            if self.is_async
            else stripe.RequestsClient(session=self._session)
        )
        self.client: stripe.StripeClient | None = None
        if style.startswith("client"):
            self.client = stripe.StripeClient(
                live.secret_key,
                base_addresses={"api": live.base_url, "files": live.base_url},
                http_client=self._http,
            )
        else:
            monkeypatch.setattr(stripe, "api_key", live.secret_key)
            monkeypatch.setattr(stripe, "api_base", live.base_url)
            monkeypatch.setattr(stripe, "upload_api_base", live.base_url)
            monkeypatch.setattr(stripe, "default_http_client", self._http)

    def __getattr__(self, name: str) -> Operations:
        return Operations(self, (name,))

    async def close(self) -> None:
        """Close the connections: in the loop that opened them."""
        if self.is_async:
            await self._http.close_async()
        self._session.close()

    async def all_of(self, listed: Any) -> list[Any]:
        """Return a list page by page, as the library walks it."""
        if self.is_async:
            return [each async for each in listed.auto_paging_iter()]
        return list(listed.auto_paging_iter())

    async def until(self, find: Callable[[], Awaitable[Any]], *, timeout_s: int = TIMEOUT_S) -> Any:
        """Ask until `find` has found something that must come soon; return that."""
        deadline = time.monotonic() + timeout_s
        while not (found := await find()):
            assert time.monotonic() < deadline, f"It did not come.\n{self.live.last_words()}"
            await asyncio.sleep(0.1)
        return found

    async def pay(self, card: str = "pm_card_visa", **params: Any) -> Any:
        """Pay 50.00 USD by card, unless told otherwise."""
        given: dict[str, Any] = {
            "amount": 5_000,
            "currency": "usd",
            "payment_method_types": ["card"],
        }
        given |= params
        return await self.payment_intents.create(payment_method=card, confirm=True, **given)

    async def customer_with_card(self, card: str = "pm_card_visa") -> tuple[Any, Any]:
        """Return a customer, and the payment method that was saved."""
        customer = await self.customers.create(email="ada@example.com")
        return customer, await self.payment_methods.attach(card, customer=customer.id)

    async def scripted_card(self, *, on: str, later: str, reason: str) -> "Scripted":
        """Return a card of which something is told later: when its story says so."""
        card = await self.payment_methods.create(type="card", card={"token": "tok_visa"})
        return await self.script(card.id, on=on, later=later, reason=reason)

    async def script(self, method: str, *, on: str, later: str, reason: str = "") -> "Scripted":
        """Have something told of orders with a payment method, later."""
        happening = {"after": "30d", "happens": later} | ({"reason": reason} if reason else {})
        asked = {
            "name": later,
            "payment_method": method,
            "steps": [{"on": on, "later": [happening]}],
        }
        scenario = await self._post("test_helpers/scenarios", asked)
        return Scripted(self, method, scenario["id"])

    async def _post(self, path: str, given: dict[str, Any]) -> Any:
        """Post to what is FinCloud's own, which the library has no classes for."""
        answer = await asyncio.to_thread(
            requests.post,
            f"{self.live.base_url}/v1/{path}",
            json=given,
            auth=(self.live.secret_key, ""),
            timeout=TIMEOUT_S,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def answer_challenge(self, url: str, answer: str) -> requests.Response:
        """Answer a challenge as the customer's browser does; return where that leads."""
        return await asyncio.to_thread(
            requests.post, url, {"answer": answer}, allow_redirects=False, timeout=TIMEOUT_S
        )


@dataclass(frozen=True)
class Scripted:
    """A payment method with a scenario: what follows a payment happens when `advance` is called."""

    shop: Shop
    id: str
    scenario: str

    async def advance(self) -> None:
        """Let happen what is still to come."""
        await self.shop._post(f"test_helpers/scenarios/{self.scenario}/advance", {})
