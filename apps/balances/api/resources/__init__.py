"""How a balance, and what moves it, look on the wire."""

from apps.balances.api.resources import balance, payouts, settings, transactions

RESOURCES = (
    *balance.RESOURCES,
    *transactions.RESOURCES,
    *payouts.RESOURCES,
    *settings.RESOURCES,
)
