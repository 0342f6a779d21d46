"""The task that makes money available when it is due. Its job is the row that asks for it."""

from datetime import datetime

from celery import shared_task

from apps.balances import services
from apps.core import clock


@shared_task(name="balances.release")
def release(*, minute: str, **_: object) -> None:  # **_: processes of two releases overlap
    services.run_release(minute=datetime.fromisoformat(minute), now=clock.now())
