"""Money for the tests of balances: what the payments of a merchant leave in the ledger."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.balances import queries, services
from apps.balances.services import Posted
from apps.core import clock, ids
from apps.core.money import Money

TWO_DAYS = timedelta(days=2)


def charge(
    minor: int,
    currency: str = "usd",
    *,
    fee: int = 0,
    available_on: datetime | None = None,
    source: str | None = None,
) -> Posted:
    """Post a charge of the current account; its money is available in two days, unless given."""
    return _post("charge", "ch", minor, currency, fee, available_on, source)


def refund(
    minor: int,
    currency: str = "usd",
    *,
    available_on: datetime | None = None,
    source: str | None = None,
) -> Posted:
    """Post a refund of `minor` (more than 0) of the current account."""
    return _post("refund", "re", -minor, currency, 0, available_on, source)


def balance() -> dict[str, tuple[int, int]]:
    """Return what the current account has: (pending, available) by currency."""
    found = queries.get_balance()
    return {
        pending.currency: (pending.minor, available.minor)
        for pending, available in zip(found.pending, found.available, strict=True)
    }


def _post(
    kind: str,
    prefix: str,
    minor: int,
    currency: str,
    fee: int,
    available_on: datetime | None,
    source: str | None,
) -> Posted:
    now = clock.now()
    source = source or ids.new_id(prefix)
    with transaction.atomic():
        return services.post_balance_transaction(
            kind=kind,
            source=source,
            money=Money(minor, currency),
            fee=Money(fee, currency),
            processor="sim",
            reference=ids.new_id("test"),
            description=None,
            now=now,
            available_on=available_on or now + TWO_DAYS,
        )
