"""The cash of customers."""

from tests.client import ApiClient

_PATH = "test_helpers/customers"
INSTRUCTIONS = {
    "currency": "usd",
    "funding_type": "bank_transfer",
    "bank_transfer": {"type": "us_bank_transfer"},
}


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Let a customer transfer money."""
    path = f"{_PATH}/{made['customer']}/fund_cash_balance"
    received = api.post(path, {"amount": 700, "currency": "usd"})
    return {"cash_transaction": received["id"]}


REQUIRED = {
    f"{_PATH}/<str:customer>/fund_cash_balance": lambda _: {"amount": 100, "currency": "usd"},
    "customers/<str:customer>/funding_instructions": lambda _: INSTRUCTIONS,
}
