"""Bank accounts and payouts for the tests."""

from datetime import datetime, timedelta
from typing import Any

from apps.accounts import services as accounts
from apps.balances import services
from apps.balances.models import Payout
from apps.core import clock, context
from apps.ledger import queries as ledger
from apps.ledger.domain import chart
from tests.balances.money import charge
from tests.client import ApiClient

OK = "000123456789"
NO_ACCOUNT = "000111111116"
COMES_BACK = "000555555559"
A_DAY = timedelta(days=1)
# By then a standard payout of today has arrived, whatever day it is.
ARRIVED = timedelta(days=4)


def bank_account(number: str = OK) -> str:
    """Add a test account of the United States to the current account; return its id."""
    given = {"country": "US", "routing_number": "110000000", "account_number": number}
    added = accounts.create_external_account(given={"external_account": given}, now=clock.now())
    return added.id


def earn(minor: int, currency: str = "usd") -> str:
    """Post a charge whose money is available at once; return the balance transaction."""
    return charge(minor, currency, available_on=clock.now()).id


def pay_out(minor: int, *, now: datetime | None = None, **given: Any) -> Payout:
    """Make a payout of the current account."""
    return services.create_payout(
        given={"amount": minor, "currency": "usd", **given}, now=now or clock.now()
    )


def step(payout_id: str, *, after: timedelta = timedelta(0)) -> None:
    """Do what the job of a payout does when it is run later."""
    services.advance_payout(payout_id=payout_id, now=clock.now() + after)


def paid(api: ApiClient, minor: int = 1_000) -> dict[str, Any]:
    """Make a payout that has arrived."""
    payout = api.post("payouts", {"amount": minor, "currency": "usd", "method": "instant"})
    step(payout["id"])
    return api.get(f"payouts/{payout['id']}")


def books() -> dict[str, int]:
    """Return what the ledger has of the current account and the bank, in cents."""
    account = context.current().account_id
    codes = {
        "available": chart.account_available(account),
        "in_transit": chart.account_in_transit(account),
        "bank": chart.bank_settlement(),
    }
    found = ledger.balances_by_code(list(codes.values()), currency="usd")
    return {name: found[code] for name, code in codes.items()}
