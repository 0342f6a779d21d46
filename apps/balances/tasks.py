"""Tasks that make money available, and pay it out. Their jobs are the rows that ask for them."""

from datetime import date, datetime

from celery import shared_task

from apps.balances import services
from apps.core import clock


@shared_task(name="balances.release")
def release(*, minute: str, **_: object) -> None:  # **_: processes of two releases overlap
    services.run_release(minute=datetime.fromisoformat(minute), now=clock.now())


@shared_task(name="balances.pay")
def pay(*, payout_id: str, **_: object) -> None:
    services.advance_payout(payout_id=payout_id, now=clock.now())


@shared_task(name="balances.pay_out_scheduled")
def pay_out_scheduled(*, day: str, **_: object) -> None:
    services.pay_out_scheduled(day=date.fromisoformat(day), now=clock.now())
