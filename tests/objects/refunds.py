"""A dispute."""

from datetime import timedelta

from apps.core import clock, jobs
from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Let the holder of the card that `base` paid with dispute the charge."""
    later = clock.now() + timedelta(minutes=1)
    for _ in range(3):
        jobs.run_due(now=later)
    return {"dispute": api.get(f"charges/{made['charge']}/dispute")["id"]}


REQUIRED = {
    "POST charges": lambda _: {"amount": 100, "currency": "usd", "source": "tok_visa"},
}
