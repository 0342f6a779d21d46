"""The sweeper of what the wire keeps for a time."""

from celery import shared_task

from apps.api import idempotency
from apps.core import clock


@shared_task(name="api.sweep")
def sweep(**_: object) -> None:
    idempotency.sweep(now=clock.now())
