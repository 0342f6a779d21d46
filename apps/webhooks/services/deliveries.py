"""From the outbox to the endpoints: hand on, claim, send, record.

Sending is like calling a processor: a claim commits, the requests are made outside any transaction,
and what came of them is recorded in another one. A crash in between lets the lease run out, and the
same event is sent again: at least once, and always with the same id.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from apps.api import rendering
from apps.core import clock, context, jobs
from apps.core.context import Hosted
from apps.events import queries as event_queries
from apps.events import services as events
from apps.tenants import queries as tenants
from apps.webhooks import domain, queries
from apps.webhooks.client import Answer, Client, Message, Sender
from apps.webhooks.domain import DeliveryStatus
from apps.webhooks.models import Delivery, DeliveryAttempt, WebhookEndpoint

log = structlog.get_logger(__name__)

FAN_OUT_BATCH = 500
# As many as are in flight at once.
SEND_BATCH = 100
# A task ends after so many batches, well before its time limit even if each one meets a timeout.
ROUNDS_MAX = 20
# A lease is longer than a batch can take: all of it is in flight at once, for one timeout at most.
LEASE_MARGIN_S = 60
# When an environment whose schema cannot be read is looked at again.
UNREADABLE_RETRY_DELAY = timedelta(seconds=60)


class OfEnvironment(Protocol):
    """A row in `public` that belongs to an environment."""

    @property
    def environment_id(self) -> str: ...


Row = TypeVar("Row", bound=OfEnvironment)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process may make; `number` tells the attempt from every other one."""

    id: int
    environment_id: str
    event_id: str
    endpoint_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a delivery's attempt. Without an answer nothing was sent.

    :ivar due_at: when it is tried again, for one that stays pending.
    """

    claimed: Claimed
    status: DeliveryStatus
    due_at: datetime
    url: str = ""
    error: str = ""
    answer: Answer | None = None


# Chosen first and once, as in the outbox: a subquery of the UPDATE might choose beyond the limit.
_CLAIM = """
    WITH chosen AS MATERIALIZED (
        SELECT id FROM public.webhooks_delivery WHERE status = 'pending' AND due_at <= %s
        ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE public.webhooks_delivery AS delivery SET attempts = attempts + 1, due_at = %s
    FROM chosen WHERE delivery.id = chosen.id
    RETURNING delivery.id, environment_id, event_id, endpoint_id, attempts
"""

# A process whose lease ran out has nothing to say about a delivery that another one has claimed
# since, unless it knows that the event has arrived.
_RECORD = """
    UPDATE public.webhooks_delivery AS delivery
    SET status = outcome.status, due_at = outcome.due_at, last_error = outcome.error,
        last_status_code = outcome.status_code,
        url = CASE outcome.url WHEN '' THEN delivery.url ELSE outcome.url END
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::timestamptz[], %s::text[], %s::int[],
                %s::text[])
        AS outcome (id, number, status, due_at, error, status_code, url)
    WHERE delivery.id = outcome.id AND delivery.status = 'pending'
      AND (delivery.attempts = outcome.number OR outcome.status = 'succeeded')
"""


def dispatch() -> None:
    """Hand on what is in the outbox and send what is due, until nothing is.

    With much to do it stops after `ROUNDS_MAX` batches and rings again: a task has a time limit.
    """
    with Client(timeout_s=settings.WEBHOOK_TIMEOUT_S) as client:
        for _ in range(ROUNDS_MAX):
            handed_on = fan_out(now=clock.now())
            tried = deliver_due(client=client, now=clock.now())
            if not handed_on and not tried:
                return
    jobs.enqueue(events.DISPATCH)


@transaction.atomic(durable=True)
def fan_out(*, now: datetime) -> int:
    """Make a delivery of each waiting event for each endpoint that asks for it.

    The events leave the outbox in the same transaction: exactly once. Those of an environment whose
    schema cannot be read go back and wait, and hold up no other one's.

    :returns: how many events were taken.
    """
    waiting = events.take_outbox(now=now, limit=FAN_OUT_BATCH)
    deliveries: list[Delivery] = []
    for environment, rows in _by_environment(waiting):
        try:
            with transaction.atomic(), context.enter(environment, by="system"):
                deliveries += _address([row.event_id for row in rows], now=now)
        except DatabaseError:
            log.exception("environment_unreadable", environment=environment.id)
            events.put_back(rows, due_at=now + UNREADABLE_RETRY_DELAY)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return len(waiting)


def deliver_due(*, client: Sender, now: datetime) -> int:
    """Try the deliveries that are due, one batch of them, all at once; return how many were tried.

    :param now: the time of the attempts; what fails is due again some time after it.
    """
    claimed = _claim(now=now)
    messages: dict[int, Message] = {}
    outcomes: list[Outcome] = []
    for environment, rows in _by_environment(claimed):
        try:
            with context.enter(environment, by="system"):
                prepared = list(_prepare(rows, now=now))
        except DatabaseError:
            log.exception("environment_unreadable", environment=environment.id)
            _give_back(rows, due_at=now + UNREADABLE_RETRY_DELAY)
            continue
        for row, one in prepared:
            if isinstance(one, Message):
                messages[row.id] = one
            else:
                outcomes.append(one)
    sent = [row for row in claimed if row.id in messages]
    answers = client.send([messages[row.id] for row in sent]) if sent else []
    for row, answer in zip(sent, answers, strict=True):
        outcomes.append(_judge(row, answer, url=messages[row.id].url, now=now))
    if outcomes:
        _record(outcomes, now=now)
    return len(claimed)


def _address(event_ids: list[str], *, now: datetime) -> list[Delivery]:
    """Return the deliveries that events of the current environment call for."""
    receivers = list(queries.list_receivers())
    if not receivers:
        return []
    return [
        Delivery(
            environment_id=context.current().environment.id,
            event_id=event.id,
            endpoint_id=endpoint.id,
            url=endpoint.url,
            due_at=now,
            created_at=now,
        )
        for event in event_queries.list_recorded(event_ids)
        for endpoint in receivers
        if endpoint.account_id == event.account_id
        and domain.asks_for(endpoint.enabled_events, event.type)
    ]


@transaction.atomic(durable=True)
def _claim(*, now: datetime) -> list[Claimed]:
    """Take the deliveries that have been due longest. They are due again when the lease ends."""
    lease_until = now + timedelta(seconds=settings.WEBHOOK_TIMEOUT_S + LEASE_MARGIN_S)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now, SEND_BATCH, lease_until])
        return [Claimed(*row) for row in sorted(cursor.fetchall())]  # RETURNING has no order


def _give_back(rows: list[Claimed], *, due_at: datetime) -> None:
    """Undo claims: nothing was tried, so no attempt is counted. The lease keeps others away."""
    Delivery.objects.filter(pk__in=[row.id for row in rows]).update(
        attempts=F("attempts") - 1, due_at=due_at
    )


def _prepare(rows: list[Claimed], *, now: datetime) -> Iterator[tuple[Claimed, Message | Outcome]]:
    """Yield what is to be sent for each claim of the current environment, or why nothing is."""
    endpoints = queries.find_endpoints(row.endpoint_id for row in rows)
    shown = {
        event.id: rendering.to_wire(event, [])
        for event in event_queries.find_events(row.event_id for row in rows).values()
    }
    for row in rows:
        endpoint = endpoints.get(row.endpoint_id)
        reason = domain.reason_not_to_send(
            status=endpoint.status if endpoint else None, has_event=row.event_id in shown
        )
        if endpoint is None or reason:
            yield row, Outcome(row, DeliveryStatus.FAILED, due_at=now, error=reason)
        else:
            yield row, _message(row, shown[row.event_id], endpoint=endpoint, now=now)


def _message(
    row: Claimed, shown: dict[str, object], *, endpoint: WebhookEndpoint, now: datetime
) -> Message:
    """Return the request for an attempt, signed for it."""
    if endpoint.api_version:
        # Other endpoints get the same event, in versions of their own.
        shown = {**deepcopy(shown), "api_version": endpoint.api_version}
    with context.amended(api_version=endpoint.api_version):
        body = rendering.to_bytes(shown, [])
    headers = domain.headers(
        body,
        secrets=[endpoint.secret],
        timestamp=clock.to_unix(now),
        message_id=row.event_id,
    )
    return Message(url=endpoint.url, headers=headers, body=body)


def _judge(row: Claimed, answer: Answer, *, url: str, now: datetime) -> Outcome:
    """Return what an answer means: arrived, to be tried again, or given up."""
    status, due_at = DeliveryStatus.SUCCEEDED, now
    if not domain.is_accepted(answer.status_code):
        delay_s = domain.retry_after_s(
            row.number,
            delays_s=settings.WEBHOOK_RETRY_DELAYS_S,
            chance=random.random(),  # noqa: S311  # spreads retries; guards nothing
        )
        status = DeliveryStatus.FAILED if delay_s is None else DeliveryStatus.PENDING
        # The delay counts from the end of the attempt, or a slow failure would be tried at once.
        due_at = now + timedelta(milliseconds=answer.duration_ms, seconds=delay_s or 0)
        log.info(
            "delivery_failed",
            delivery=row.id,
            event_id=row.event_id,
            endpoint=row.endpoint_id,
            attempt=row.number,
            status=answer.status_code,
            error=answer.error,
            is_given_up=delay_s is None,
        )
    return Outcome(row, status, due_at=due_at, url=url, error=answer.error, answer=answer)


@transaction.atomic(durable=True)
def _record(outcomes: list[Outcome], *, now: datetime) -> None:
    """Keep the attempts and what has become of their deliveries."""
    columns = zip(
        *(
            (
                outcome.claimed.id,
                outcome.claimed.number,
                outcome.status.value,
                outcome.due_at,
                outcome.error,
                outcome.answer.status_code if outcome.answer else None,
                outcome.url,
            )
            # In the order of ids, so that two who record wait for each other in one order.
            for outcome in sorted(outcomes, key=lambda outcome: outcome.claimed.id)
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [list(column) for column in columns])
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            delivery_id=outcome.claimed.id,
            number=outcome.claimed.number,
            at=now,
            duration_ms=outcome.answer.duration_ms,
            status_code=outcome.answer.status_code,
            error=outcome.error,
            # PostgreSQL keeps no NUL in a text.
            response_body=outcome.answer.body.decode(errors="replace").replace("\x00", ""),
        )
        for outcome in outcomes
        if outcome.answer is not None
    )


def _by_environment(rows: Iterable[Row]) -> Iterator[tuple[Hosted, list[Row]]]:
    """Yield each environment with its rows. Those of one that was dropped are left out."""
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.environment_id].append(row)
    if grouped:
        environments = tenants.list_environments().in_bulk(list(grouped))
        for environment_id, environment in environments.items():
            yield environment, grouped[environment_id]
