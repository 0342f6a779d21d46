"""Payments of 100.00 dollars, and what was told of them."""

from apps.events.models import Event
from tests.client import Answer, ApiClient


def pay(api: ApiClient, method: str = "pm_card_visa", **more: object) -> Answer:
    """Create and confirm a payment of 100.00 dollars."""
    params = {"amount": 10_000, "currency": "usd", "payment_method": method, "confirm": True}
    return api.post("payment_intents", {**params, **more})


def decline(api: ApiClient, method: str, **more: object) -> Answer:
    """Create and confirm a payment that is declined."""
    params = {"amount": 10_000, "currency": "usd", "payment_method": method, "confirm": True}
    return api.post("payment_intents", {**params, **more}, status=402)


def event_types(object_id: str) -> list[str]:
    """Return what was told of an object, in order."""
    rows = Event.objects.filter(object_id=object_id).order_by("id")
    return list(rows.values_list("type", flat=True))
