"""Giving up pending transactions whose time is over."""

from datetime import datetime

from django.db import transaction

from apps.core import context
from apps.ledger import queries
from apps.ledger.domain.refusals import AlreadyResolved
from apps.ledger.services.posting import post


def run_expiry(*, minute: datetime) -> int:
    """Void what is pending and expired in the minute that ends at `minute`; return how many.

    Each in a transaction of its own: whoever posts or voids one at the same moment is either before
    us, or is told that it has been resolved.
    """
    voided = 0
    for pending in queries.list_expired(minute=minute):
        try:
            with transaction.atomic(durable=True), context.amended(account_id=pending.account_id):
                posted = post(
                    (),
                    reference=f"expire:{pending.id}",
                    resolves=pending.id,
                    source_id=pending.source_id,
                    details={"type": "expiry"},
                )
        except AlreadyResolved:
            continue
        # Another run of the same minute was faster.
        voided += posted.is_new
    return voided
