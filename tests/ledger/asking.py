"""What tests ask of the ledger's API: accounts, postings, entries, transactions."""

from typing import Any

from tests.client import Answer, ApiClient

Given = dict[str, Any]
PATH = "ledger/transactions"


def open_account(
    api: ApiClient, code: str, currency: str = "usd", kind: str = "asset", **more: Any
) -> str:
    """Open a ledger account; return its id."""
    given = {"code": code, "currency": currency, "kind": kind, **more}
    return str(api.post("ledger/accounts", given)["id"])


def open_book(api: ApiClient) -> dict[str, str]:
    """Open the accounts of a small shop; return their ids by code."""
    opened = {
        "cash": open_account(api, "cash"),
        "vault": open_account(api, "vault"),
        "sales": open_account(api, "sales", kind="revenue"),
        "tax": open_account(api, "tax", kind="liability"),
        "rent": open_account(api, "rent", kind="expense"),
        # A gift card, which cannot be overdrawn.
        "card": open_account(api, "card", kind="liability", floor=0),
    }
    open_account(api, "cash", "eur")
    return opened


def posting(debit: str, credit: str, amount: Any, currency: str = "usd") -> Given:
    """Return one posting."""
    return {"debit": debit, "credit": credit, "amount": amount, "currency": currency}


def entry(direction: str, account: str, amount: Any, currency: str = "usd") -> Given:
    """Return one entry of a journal."""
    return {"account": account, "direction": direction, "amount": amount, "currency": currency}


def move(debit: str, credit: str, amount: Any, currency: str = "usd", **more: Any) -> Given:
    """Return a transaction of one posting."""
    return {"postings": [posting(debit, credit, amount, currency)], **more}


def post(api: ApiClient, given: Given, **options: Any) -> Answer:
    """Create a transaction."""
    return api.post(PATH, given, **options)


def balances(api: ApiClient) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (posted, available) of every account that has anything, by code and currency."""
    rows = api.get("ledger/accounts", {"limit": 100})["data"]
    found = {
        (row["code"], row["currency"]): (row["balance"]["posted"], row["balance"]["available"])
        for row in rows
    }
    return {account: amounts for account, amounts in found.items() if any(amounts)}
