"""The task that delivers: rung after a commit, and by beat in case the message was lost."""

import time

from celery import shared_task

from apps.core import doorbell
from apps.webhooks import services

# Who is rung waits a moment for others to ring: events come in groups (a payment tells of three),
# and one look for many costs little more than one for one.
GATHER_S = 0.05


@shared_task(name="webhooks.dispatch")
def dispatch(**_: object) -> None:  # **_: processes of two releases overlap in a deploy
    time.sleep(GATHER_S)
    doorbell.answer("webhooks.dispatch")
    services.dispatch()
