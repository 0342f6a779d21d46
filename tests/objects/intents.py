"""A payment method that was set up, and the permission for it."""

from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Set a card up, with a mandate."""
    setup = api.post(
        "setup_intents",
        {
            "payment_method": "pm_card_visa",
            "confirm": True,
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
        },
    )
    return {"setup_intent": setup["id"], "mandate": setup["mandate"]}


REQUIRED = {
    "POST payment_intents/<str:intent>/increment_authorization": lambda _: {"amount": 20_000},
    "setup_attempts": lambda api: {"setup_intent": api.post("setup_intents")["id"]},
}
