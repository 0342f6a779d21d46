"""The sweeper of attempts whose outcome was never recorded."""

from celery import shared_task

from apps.core import clock
from apps.payments import services


@shared_task(name="payments.enquire")
def enquire(*, attempt_id: str, **_: object) -> None:
    services.enquire(attempt_id=attempt_id, now=clock.now())
