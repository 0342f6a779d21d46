"""A customer who is asked to prove who they are, and answers on the page."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db import connection
from django.http import HttpResponse
from django.test import Client

BACK = "https://shop.example/return?cart=7"


def url_of(intent: dict[str, Any]) -> str:
    """Return the address of the page that an intent sends its customer to."""
    action = intent["next_action"]
    if action["type"] == "redirect_to_url":
        return str(action["redirect_to_url"]["url"])
    return str(action["use_stripe_sdk"]["stripe_js"])


def look(url: str) -> HttpResponse:
    """Open the page."""
    return _send("GET", url)


def answer(url: str, said: str) -> HttpResponse:
    """Press a button of the page: `pass` or `fail`."""
    return _send("POST", url, {"answer": said})


def came_back_with(response: HttpResponse) -> dict[str, str]:
    """Return what the merchant's page is told by the address."""
    assert response.status_code == 303, response.content
    return dict(parse_qsl(urlsplit(response["Location"]).query))


def _send(verb: str, url: str, data: dict[str, str] | None = None) -> HttpResponse:
    parts = urlsplit(url)
    # A request leaves `public` current; the test goes on where it was.
    tenant = connection.tenant  # type: ignore[attr-defined]
    client = Client(enforce_csrf_checks=True)
    send = client.get if verb == "GET" else client.post
    try:
        return send(f"{parts.path}?{parts.query}", data)  # type: ignore[return-value]
    finally:
        connection.set_tenant(tenant)  # type: ignore[attr-defined]
