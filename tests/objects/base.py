"""What a payment leaves behind, and who is told of it."""

from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Make a customer, and a payment that was refunded in part and will be disputed."""
    customer = api.post("customers", {"email": "owner@example.com"})
    method = api.post("payment_methods/pm_card_createDispute/attach", {"customer": customer["id"]})
    intent = api.post(
        "payment_intents",
        {
            "amount": 10_000,
            "currency": "usd",
            "customer": customer["id"],
            "payment_method": method["id"],
            "confirm": True,
            "capture_method": "manual",
        },
    )
    api.post(f"payment_intents/{intent['id']}/capture")
    refund = api.post("refunds", {"payment_intent": intent["id"], "amount": 100})
    endpoint = api.post(
        "webhook_endpoints", {"url": "https://example.com/hook", "enabled_events": ["*"]}
    )
    return {
        "customer": customer["id"],
        "payment_method": method["id"],
        "intent": intent["id"],
        "charge": intent["latest_charge"],
        "refund": refund["id"],
        "webhook_endpoint": endpoint["id"],
        "balance_transaction": api.get("balance_transactions")["data"][0]["id"],
        "event": api.get("events")["data"][0]["id"],
        "object_id": intent["id"],
    }


REQUIRED = {
    "payment_methods/<str:payment_method>/attach": lambda api: {
        "customer": api.post("customers")["id"]
    },
}
