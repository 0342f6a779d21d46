"""A dispute."""

from datetime import timedelta

from apps.core import clock, jobs
from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Pay with a card whose holder disputes it, and let them."""
    intent = api.post(
        "payment_intents",
        {
            "amount": 10_000,
            "currency": "usd",
            "payment_method": "pm_card_createDispute",
            "confirm": True,
        },
    )
    later = clock.now() + timedelta(minutes=1)
    for _ in range(3):
        jobs.run_due(now=later)
    return {"dispute": api.get(f"charges/{intent['latest_charge']}/dispute")["id"]}


REQUIRED = {
    "POST charges": lambda _: {"amount": 100, "currency": "usd", "source": "tok_visa"},
}
