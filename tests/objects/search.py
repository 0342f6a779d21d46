"""What a search wants to be asked."""

from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Make nothing: what is there is found."""
    return {}


REQUIRED = {
    f"{room}/search": lambda _: {"query": "created>0"}
    for room in ("charges", "customers", "payment_intents")
}
