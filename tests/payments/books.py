"""What the ledger says of the money of an account, in cents."""

from apps.core import context
from apps.ledger import queries as ledger


def receivable() -> int:
    """Return what the processor owes us."""
    return _balance("processor:sim:receivable")


def own() -> int:
    """Return what the merchant has, available or not."""
    return available() + _balance(f"account:{context.current().environment.account_id}:pending")


def available() -> int:
    """Return what the merchant can pay out."""
    return _balance(f"account:{context.current().environment.account_id}:available")


def fees() -> int:
    """Return what the platform earned."""
    return _balance("platform:fees")


def _balance(code: str) -> int:
    found: dict[str, int] = ledger.balances_by_code([code], currency="usd")
    return found[code]
