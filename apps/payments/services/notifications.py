"""What processors say by themselves: taken in once, whatever comes, and applied by a job.

A notification is a doorbell. Of an order it says which one to ask about, and the processor's answer
is what counts; so one that is lost costs time, and one that comes twice or late changes nothing.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction

from apps.core import context, jobs
from apps.core.errors import Invalid
from apps.payments import processors
from apps.payments.domain import Notification
from apps.payments.models import ReceivedNotification
from apps.payments.processors import simulator
from apps.payments.services import attempts, cash, disputes
from apps.payments.services.disputes import UnknownCharge

log = structlog.get_logger(__name__)

TASK: Final = "payments.notice"
# What cannot be applied yet is tried again, the later the longer it waits; a day at most.
RETRY_MIN: Final = timedelta(seconds=30)
RETRY_MAX: Final = timedelta(days=1)


class NotYet(Exception):
    """What a notification is about is not known yet, or cannot be asked after now."""


def receive(*, processor: str, headers: Mapping[str, str], body: bytes, now: datetime) -> int:
    """Take in what a processor says; return how many notifications were new.

    They are applied by jobs, which are there as soon as this returns: whoever sent them need not
    send them again.

    :raises InvalidNotification: they were not signed for this environment, or too long ago.
    """
    told = processors.named(processor).verify_notification(
        headers=headers, body=body, secret=secret_of(processor), now=now
    )
    return _store(processor, told, now=now)


def secret_of(processor: str) -> str:
    """Return what the notifications of a processor to this environment are signed with."""
    here = context.current().environment.id
    signed = f"notify:{here}:{processor}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), signed, hashlib.sha256).hexdigest()


def apply(*, notification_id: int, now: datetime) -> None:
    """Do what a notification that was taken in asks for; once it is done, nothing."""
    row = ReceivedNotification.objects.filter(pk=notification_id, applied_at=None).first()
    if row is None:
        return
    try:
        _APPLY[row.kind](_read(row), processor=row.processor, now=now)
    except (NotYet, UnknownCharge):
        delay = min(max(RETRY_MIN, now - row.received_at), RETRY_MAX)
        jobs.schedule(_job(row, due_at=now + delay))
        return
    except Invalid as refusal:
        # It will never be applied. Its facts are kept, for whoever looks.
        log.warning(
            "notification_refused", notification=row.notification_id, reason=refusal.message
        )
    ReceivedNotification.objects.filter(pk=row.pk).update(applied_at=now)


def simulate(*, event_id: int, now: datetime) -> None:
    """Let what the simulator has planned happen; a notification comes in by the door of all."""
    notification = simulator.happen(event_id, now=now)
    if notification is None:
        return
    name = simulator.Simulator.name
    body = simulator.write_notification(notification)
    headers = simulator.sign_notification(body, secret=secret_of(name), now=now)
    receive(processor=name, headers=headers, body=body, now=now)
    simulator.told(event_id, now=now)


@transaction.atomic(durable=True)
def _store(processor: str, told: Iterable[Notification], *, now: datetime) -> int:
    new = 0
    for one in told:
        if one.kind not in _APPLY:
            log.warning("notification_of_no_kind", notification=one.id, kind=one.kind)
            continue
        row, is_new = ReceivedNotification.objects.get_or_create(
            processor=processor,
            notification_id=one.id,
            defaults={
                "kind": one.kind,
                "reference": one.reference,
                "sequence": one.sequence,
                "facts": dict(one.facts),
                "occurred_at": one.occurred_at,
                "received_at": now,
            },
        )
        if is_new:
            jobs.schedule(_job(row, due_at=now))
            new += 1
    return new


def _look_at_order(notification: Notification, *, now: datetime, **_: object) -> None:
    """Ask what became of the order.

    :raises NotYet: the processor does not say.
    """
    if not attempts.look_at(notification.reference, now=now):
        raise NotYet


# By the `kind` of the notification.
_APPLY: Final[dict[str, Callable[..., None]]] = {
    "order": _look_at_order,
    "dispute": disputes.apply,
    "funds": cash.receive_notice,
}


def _read(row: ReceivedNotification) -> Notification:
    return Notification(
        id=row.notification_id,
        kind=row.kind,
        reference=row.reference,
        sequence=row.sequence,
        occurred_at=row.occurred_at,
        facts=row.facts,
    )


def _job(row: ReceivedNotification, *, due_at: datetime) -> jobs.Due:
    return jobs.Due(
        key=f"notice:{context.current().environment.id}:{row.pk}",
        task=TASK,
        due_at=due_at,
        kwargs={"notification_id": row.pk},
    )
