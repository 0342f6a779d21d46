"""A book for the demo to look at: a month of a small shop, and a sale that was entered twice."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.core.money import Money, share_bps
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Kind, Posting, Side, journal

CURRENCY = "usd"
TILL, BANK, STOCK = "shop:till", "shop:bank", "shop:stock"
CAPITAL, SALES, COSTS = "shop:capital", "shop:sales", "shop:costs"
ACCOUNTS = {
    TILL: (Kind.ASSET, "The till"),
    BANK: (Kind.ASSET, "The bank"),
    STOCK: (Kind.ASSET, "Bicycle lamps"),
    CAPITAL: (Kind.EQUITY, "What Olivia put in"),
    SALES: (Kind.REVENUE, "Sales"),
    COSTS: (Kind.EXPENSE, "Cost of what was sold"),
}
DAYS = 30
OPENING, TWICE = "shop/opening", "shop/sale/last-entered-twice"
# What was sold is this part of its price.
COST_BPS = 4_000


def fill(*, now: datetime) -> None:
    """Make what is missing of the book in the current environment; what is there stays.

    The transactions are posted all at once, so they are all there or none is.
    """
    known = {account.code for account in queries.list_accounts(code_prefix="shop:")}
    for code, (kind, name) in ACCOUNTS.items():
        if code not in known:
            given = {"code": code, "kind": kind.value, "currency": CURRENCY, "name": name}
            services.open_account(given=given, now=now)
    if not queries.find_fingerprints([OPENING]):
        with transaction.atomic(durable=True):
            services.post_many(_month(now))
    twice = queries.list_transactions().get(reference=TWICE)
    if not queries.is_proposed(twice.pk):
        services.propose_reversal(
            transaction_id=twice.pk, reason="The last sale was entered twice.", now=now
        )


def _month(now: datetime) -> list[Draft]:
    """Return what happened in the shop until `now`."""
    days = [now - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    # Amounts that look like those of a shop, the same in every demo.
    prices = [_usd(1_900 + number * 7_919 % 6_000) for number in range(len(days))]
    sales = [
        _sale(price, reference=f"shop/sale/{number}", at=day)
        for number, (price, day) in enumerate(zip(prices, days, strict=True), start=1)
    ]
    takings = [
        Draft((Posting(BANK, TILL, _usd(150_00)),), f"shop/takings/{number}", effective_at=day)
        for number, day in enumerate(days[7::7], start=1)
    ]
    order = Draft(
        (Posting(STOCK, BANK, _usd(240_00)),),
        reference="shop/order",
        is_pending=True,
        expires_at=now + timedelta(days=7),
        metadata={"description": "Ordered: it is paid when it arrives"},
    )
    again = _sale(prices[-1], reference=TWICE, at=now)
    return [_opening(days[0] - timedelta(days=1)), *sales, *takings, order, again]


def _opening(at: datetime) -> Draft:
    """Return the first journal: one credit for two debits."""
    lines = [
        journal.Line(BANK, Side.DEBIT, _usd(500_00)),
        journal.Line(STOCK, Side.DEBIT, _usd(1_500_00)),
        journal.Line(CAPITAL, Side.CREDIT, _usd(2_000_00)),
    ]
    return Draft(
        journal.to_postings(lines),
        reference=OPENING,
        effective_at=at,
        metadata={"description": "The shop opens"},
    )


def _sale(price: Money, *, reference: str, at: datetime) -> Draft:
    return Draft(
        (Posting(TILL, SALES, price), Posting(COSTS, STOCK, share_bps(price, COST_BPS))),
        reference=reference,
        effective_at=at,
        metadata={"description": "Lamps over the counter"},
    )


def _usd(minor: int) -> Money:
    return Money(minor, CURRENCY)
