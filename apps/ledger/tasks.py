"""Tasks of the ledger."""

from datetime import datetime

from celery import shared_task

from apps.ledger import services

# Of one tick. Other tasks wait for the worker meanwhile.
SEAL_BUDGET_S = 5.0
VERIFY_BUDGET_S = 1.0


@shared_task(name=services.EXPIRE)
def expire(*, minute: str, **_: object) -> None:
    """Give up the pending transactions that expire in the minute that ends at `minute`."""
    services.run_expiry(minute=datetime.fromisoformat(minute))


@shared_task(name="ledger.seal")
def seal(**_: object) -> None:
    """Seal what can be sealed, in all environments."""
    services.seal_everywhere(budget_s=SEAL_BUDGET_S)


@shared_task(name="ledger.verify")
def verify(**_: object) -> None:
    """Go on with the verification, where it has waited longest."""
    services.verify_everywhere(budget_s=VERIFY_BUDGET_S)
