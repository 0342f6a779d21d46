"""What belongs to a customer, and the tokens and sources that become it."""

from tests.client import ApiClient

_ACCOUNT = {
    "object": "bank_account",
    "account_number": "000123456789",
    "routing_number": "110000000",
    "country": "US",
}
_CARD = {"number": "4242424242424242", "exp_month": 4, "exp_year": 2040}


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Give the customer a tax id, some credit, a card and a bank account."""
    path = f"customers/{made['customer']}"
    credit = api.post(f"{path}/balance_transactions", {"amount": -5, "currency": "usd"})
    tax_id = api.post(f"{path}/tax_ids", _TAX_ID)
    card = api.post(f"{path}/sources", {"source": "tok_visa"})["id"]
    account = api.post(f"{path}/sources", {"source": _ACCOUNT})["id"]
    return {
        "credit_transaction": credit["id"],
        "tax_id": tax_id["id"],
        "customer_source": card,
        "customer_card": card,
        "customer_bank_account": account,
        "token": api.post("tokens", {"card": _CARD})["id"],
        "source": api.post("sources", {"type": "card", "token": "tok_visa"})["id"],
    }


_TAX_ID = {"type": "eu_vat", "value": "DE123456789"}
REQUIRED = {
    "POST customers/<str:customer>/balance_transactions": lambda _: {
        "amount": 5,
        "currency": "usd",
    },
    "POST customers/<str:customer>/tax_ids": lambda _: _TAX_ID,
    "POST customers/<str:customer>/sources": lambda _: {"source": "tok_visa"},
    "POST customers/<str:customer>/cards": lambda _: {"source": "tok_visa"},
    "POST customers/<str:customer>/bank_accounts": lambda _: {"source": "btok_us_verified"},
    "POST sources/<str:source>/verify": lambda _: {"values": ["32", "45"]},
}
