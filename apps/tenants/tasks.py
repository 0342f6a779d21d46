"""The task that keeps schemas ready."""

from celery import shared_task

from apps.core import clock
from apps.tenants import services


@shared_task(name="tenants.refill_pool")
def refill_pool(**_: object) -> None:  # **_: processes of two releases overlap in a deploy
    services.refill_pool(now=clock.now())
