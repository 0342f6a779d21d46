"""Tasks of the ledger."""

from datetime import datetime

from celery import shared_task

from apps.ledger import services


@shared_task(name=services.EXPIRE)
def expire(*, minute: str, **_: object) -> None:
    """Give up the pending transactions that expire in the minute that ends at `minute`."""
    services.run_expiry(minute=datetime.fromisoformat(minute))
