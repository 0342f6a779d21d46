"""A book with everything in it that a book can have, made through the API."""

import time
from typing import Any

from apps.core import clock
from apps.ledger import services
from tests.client import ApiClient

HOUR = 3600
ACCOUNTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("cash", "eur", "asset", {}),
    ("cash", "jpy", "asset", {}),
    ("cash", "kwd", "asset", {"name": "نقد 💰"}),
    ("stock", "eur", "asset", {"floor": -500, "metadata": {"clé": "=1+1", "ü": "“quoted”"}}),
    ("sales", "eur", "revenue", {"name": "=HYPERLINK(1)"}),
    ("sales", "jpy", "revenue", {}),
    ("sales", "kwd", "revenue", {}),
    ("rent", "eur", "expense", {}),
    ("deposits", "eur", "liability", {"floor": 0}),
    ("clearing", "eur", "equity", {}),
    ("clearing", "jpy", "equity", {}),
    ("unused", "usd", "equity", {"name": "Nothing was ever posted to it", "floor": -1}),
    ("old", "eur", "asset", {}),
]


def fill(api: ApiClient) -> None:
    """Post a bit of everything, in the current environment, of which `api` has a key."""
    now = int(time.time())
    ids = {}
    for code, currency, kind, options in ACCOUNTS:
        made = api.post(
            "ledger/accounts", {"code": code, "currency": currency, "kind": kind, **options}
        )
        ids[code, currency] = made["id"]
    _post(api, "eur", "cash", "sales", 12_345, metadata={"wörd": "  spaces\n\tand “lines” "})
    _post(api, "jpy", "cash", "sales", 1_500, effective_at=now - 40 * 24 * HOUR)
    _post(api, "kwd", "cash", "sales", 10**15, reference="=cmd|' /C calc'!A0")
    _post(api, "eur", "cash", "deposits", 70_00, effective_at=now + 24 * HOUR)
    _journals(api, now)
    _pendings(api, now)
    wrong = _post(api, "eur", "rent", "cash", 999)
    api.post(f"ledger/transactions/{wrong}/reverse", {"metadata": {"why": "a mistake"}})
    _post(api, "eur", "old", "cash", 10)
    _post(api, "eur", "cash", "old", 10)
    api.post(f"ledger/accounts/{ids['old', 'eur']}/close")
    _pay(api)
    _close_periods(api, now)


def _journals(api: ApiClient, now: int) -> None:
    """Post entries, in two currencies, and one amount that meets several."""
    lines = [
        ("stock", "debit", 300, "eur"),
        ("rent", "debit", 200, "eur"),
        ("cash", "credit", 450, "eur"),
        ("clearing", "credit", 50, "eur"),
        ("clearing", "debit", 80, "jpy"),
        ("cash", "credit", 80, "jpy"),
    ]
    entries = [
        {"account": account, "direction": side, "amount": amount, "currency": currency}
        for account, side, amount, currency in lines
    ]
    api.post("ledger/transactions", {"entries": entries, "effective_at": now - 50 * 24 * HOUR})


def _pendings(api: ApiClient, now: int) -> None:
    """Reserve: to be left, to be left until it expires, to be posted, in part too, to be voided."""
    _post(api, "eur", "deposits", "cash", 100, pending=True)
    _post(api, "eur", "deposits", "cash", 101, pending=True, expires_at=now + HOUR)
    whole = _post(api, "eur", "deposits", "cash", 102, pending=True)
    part = _post(api, "eur", "deposits", "cash", 103, pending=True, effective_at=now - 3 * HOUR)
    none = _post(api, "eur", "deposits", "cash", 104, pending=True)
    api.post(f"ledger/transactions/{whole}/post")
    api.post(f"ledger/transactions/{part}/post", {"amount": 3, "metadata": {"part": "3 of 103"}})
    api.post(f"ledger/transactions/{none}/void")


def _pay(api: ApiClient) -> None:
    """Let a payment and a refund post, with causes and facts of their own."""
    terms = {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa"}
    intent = api.post("payment_intents", {**terms, "confirm": True})
    api.post("refunds", {"payment_intent": intent["id"], "amount": 1_000})


def _post(
    api: ApiClient, currency: str, debit: str, credit: str, amount: int, **options: object
) -> str:
    """Post one amount; return the id of the transaction."""
    moved = {"debit": debit, "credit": credit, "amount": amount, "currency": currency}
    made: str = api.post("ledger/transactions", {"postings": [moved], **options})["id"]
    return made


def _close_periods(api: ApiClient, now: int) -> None:
    """Close two months and more; the last one is opened again."""
    for days in (90, 75, 60):
        last = api.post("ledger/periods", {"ends_at": now - days * 24 * HOUR})
    services.reopen_period(period_id=last["id"], reason="Ein Nachtrag für März", now=clock.now())
