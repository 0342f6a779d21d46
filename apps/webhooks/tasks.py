"""The task that delivers: rung after a commit, and by beat in case the message was lost."""

from celery import shared_task

from apps.core import doorbell
from apps.webhooks import services


@shared_task(name="webhooks.dispatch")
def dispatch(**_: object) -> None:  # **_: processes of two releases overlap in a deploy
    doorbell.answer("webhooks.dispatch")
    services.dispatch()
