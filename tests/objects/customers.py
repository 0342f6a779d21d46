"""What belongs to a customer."""

from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Give the customer a tax id and some credit."""
    path = f"customers/{made['customer']}"
    credit = api.post(f"{path}/balance_transactions", {"amount": -5, "currency": "usd"})
    tax_id = api.post(f"{path}/tax_ids", {"type": "eu_vat", "value": "DE123456789"})
    return {"credit_transaction": credit["id"], "tax_id": tax_id["id"]}


_TAX_ID = {"type": "eu_vat", "value": "DE123456789"}
REQUIRED = {
    "POST customers/<str:customer>/balance_transactions": lambda _: {
        "amount": 5,
        "currency": "usd",
    },
    "POST customers/<str:customer>/tax_ids": lambda _: _TAX_ID,
}
