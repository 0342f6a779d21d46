"""How a balance transaction looks on the wire."""

from datetime import datetime
from typing import Any

from apps.api.registry import ResourceType, Wire
from apps.balances import domain, queries
from apps.balances.models import Release
from apps.core.clock import to_unix
from apps.core.money import Money


def render_balance_transaction(release: Release) -> Wire:
    """Return the wire's balance transaction; the amounts are those of the postings."""
    facts: dict[str, Any] = release.journal["details"]
    kind = domain.Kind(facts["type"])
    amounts = domain.amounts(
        (
            (moved["debit"], moved["credit"], moved["minor"])
            for moved in release.journal["postings"]
        ),
        account_id=release.account_id,
    )
    return {
        "id": release.id,
        "object": "balance_transaction",
        "amount": amounts.amount_minor,
        "available_on": to_unix(datetime.fromisoformat(facts["available_on"])),
        "balance_type": "payments",
        "created": to_unix(release.created_at),
        "currency": release.currency,
        "description": facts["description"],
        "exchange_rate": None,
        "fee": amounts.fee_minor,
        "fee_details": _fee_details(kind, Money(amounts.fee_minor, release.currency)),
        "net": amounts.net_minor,
        "reporting_category": (
            facts.get("reporting_category") or domain.REPORTING_CATEGORIES[kind]
        ),
        "source": release.journal["source"],
        "status": "pending" if release.released_at is None else "available",
        "type": kind.value,
    }


def _fee_details(kind: domain.Kind, fee: Money) -> list[Wire]:
    if not fee:
        return []
    return [
        {
            "amount": fee.minor,
            "application": None,
            "currency": fee.currency,
            "description": ("Dispute fee" if kind is domain.Kind.ADJUSTMENT else "Processing fees"),
            "type": "stripe_fee",
        }
    ]


RESOURCES = (
    ResourceType(
        prefix=domain.PREFIX,
        name="balance_transaction",
        model=Release,
        render=render_balance_transaction,
        find_many=queries.find_balance_transactions,
        expandable={"source": ("charge", "payout", "refund")},
    ),
)
