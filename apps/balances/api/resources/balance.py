"""How a balance looks on the wire."""

from collections.abc import Iterable

from apps.api.registry import ResourceType, Wire
from apps.balances import domain
from apps.core import context
from apps.core.money import Money


def render_balance(balance: domain.Balance) -> Wire:
    """Return the wire's balance; all money comes from cards until there are other means."""
    return {
        "object": "balance",
        "available": _sums(balance.available),
        "livemode": context.current().environment.livemode,
        "pending": _sums(balance.pending),
    }


def _sums(sums: Iterable[Money]) -> list[Wire]:
    return [
        {"amount": money.minor, "currency": money.currency, "source_types": {"card": money.minor}}
        for money in sums
    ]


def _find_none(_ids: Iterable[str]) -> dict[str, domain.Balance]:
    return {}


RESOURCES = (
    ResourceType(
        prefix="",
        name="balance",
        model=domain.Balance,
        render=render_balance,
        find_many=_find_none,
    ),
)
