"""Recording events, and handing them on: building blocks of their callers' transactions."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from apps.api import registry, versions
from apps.core import clock, context, ids, jobs
from apps.core.jobs import Due
from apps.events import domain
from apps.events.models import OutboxRow
from apps.events.types import EVENT_TYPES

DISPATCH = "webhooks.dispatch"


class Told(Protocol):
    """What an event can tell of: anything that the registry shows and that has an id."""

    @property
    def id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an object.

    :ivar type: the event's name, of `types.EVENT_TYPES`.
    :ivar obj: the object, as it is now.
    :ivar previous: the object as the API showed it before, for an update. An update that shows no
        difference is no event.
    :ivar shown: the snapshot, where it is not what the API shows now (an object that was deleted).
    """

    type: str
    obj: Told
    previous: dict[str, Any] | None = None
    shown: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that was taken from the outbox."""

    environment_id: str
    event_id: str
    created_at: datetime


# One round trip for all that a transaction leaves to be done: each part runs, whether its rows are
# none or many. The parts see the tables as they were before, which is why a key may not be both
# scheduled and cancelled. The lists are JSON: a snapshot is written once, and quoted once, where an
# array of texts would have every one of its quotes escaped again.
_RECORD = """
    WITH given AS MATERIALIZED (
        SELECT * FROM ROWS FROM (
            jsonb_to_recordset(%(told)s::jsonb)
                AS (id text, type text, object_id text, data jsonb, previous jsonb)
        ) WITH ORDINALITY AS event (id, type, object_id, data, previous, place)
    ), told AS (
        INSERT INTO events_event
            (id, account_id, created_at, metadata, type, object_id, data, previous_attributes,
             request_id, idempotency_key, api_version)
        SELECT id, %(account)s, %(now)s, '{}', type, object_id, data, previous,
               %(request)s, %(idempotency_key)s, %(version)s
        FROM given
    ), waiting AS (
        INSERT INTO public.events_outboxrow (environment_id, event_id, created_at, due_at)
        SELECT %(environment)s, id, %(now)s, %(now)s FROM given ORDER BY place
    ), cancelled AS (
        DELETE FROM public.core_job WHERE key = ANY(%(cancel)s::text[])
    )
    INSERT INTO public.core_job
        (key, task, environment_id, kwargs, due_at, attempts, last_error)
    SELECT key, task, %(environment)s, kwargs, due_at, 0, ''
    FROM jsonb_to_recordset(%(due)s::jsonb)
        AS job (key text, task text, kwargs jsonb, due_at timestamptz)
    ON CONFLICT (key) DO NOTHING
"""

# A row that another dispatcher is about to take is passed over, not waited for. The rows are chosen
# first and once: as a subquery of the DELETE, the plan may choose again, beyond the limit.
_TAKE = """
    WITH chosen AS MATERIALIZED (
        SELECT id FROM public.events_outboxrow WHERE due_at <= %s
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    DELETE FROM public.events_outboxrow AS waiting USING chosen WHERE waiting.id = chosen.id
    RETURNING waiting.id, waiting.environment_id, waiting.event_id, waiting.created_at
"""


def record(
    changes: Sequence[Change],
    *,
    schedule: Iterable[Due] = (),
    cancel: Iterable[str] = (),
    more_follows: bool = False,
) -> None:
    """Tell what happened, and what is due later, in the caller's transaction and one statement.

    Each change becomes an event, with its snapshot taken now, and a row of the outbox; the
    dispatcher is rung after the commit.

    :param schedule: jobs to be written for the current environment; one whose key is there already
        is left as it is. (An update would lock its row until the commit, and many payments share
        the job that releases their money; `jobs.schedule` moves a job.)
    :param cancel: keys of jobs to be deleted; those that are gone already are fine.
    :param more_follows: the caller records more in a moment, and that rings for both. Should it
        not come to that, beat rings within two seconds.
    """
    assert connection.in_atomic_block, "An event commits with its cause or not at all."
    due, cancelled = list(schedule), list(cancel)
    assert not {job.key for job in due} & set(cancelled), "A job is scheduled or cancelled."
    told = [row for row in map(_row_of, changes) if row["previous"] != {}]
    if not (told or due or cancelled):
        return
    here = context.current()
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD,
            {
                "account": here.account_id,
                "environment": here.environment.id,
                "request": here.request_id or "",
                "idempotency_key": here.idempotency_key or "",
                "version": versions.CURRENT,
                "now": clock.now(),
                "told": _to_json(told),
                "due": _to_json([_row_of_job(job) for job in due]),
                "cancel": cancelled,
            },
        )
    if told and not more_follows:
        jobs.enqueue(DISPATCH)


def take_outbox(*, now: datetime, limit: int) -> list[Waiting]:
    """Take up to `limit` events out of the outbox, in the caller's transaction.

    They are gone when it commits, and back if it does not. No two callers get the same one.
    """
    assert connection.in_atomic_block, "What is taken must be handed on in the same transaction."
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [now, limit])
        taken = sorted(cursor.fetchall())  # RETURNING has no order
    return [Waiting(*row) for _, *row in taken]


def put_back(waiting: Iterable[Waiting], *, due_at: datetime) -> None:
    """Put events that were taken back into the outbox, to be handed on from `due_at` on."""
    OutboxRow.objects.bulk_create(
        OutboxRow(
            environment_id=row.environment_id,
            event_id=row.event_id,
            created_at=row.created_at,
            due_at=due_at,
        )
        for row in waiting
    )


def _row_of(change: Change) -> dict[str, Any]:
    """Return an event as it is recorded: the object as the API shows it, and what was changed.

    `previous` is None where the change is no update, and empty where it changed nothing.
    """
    assert change.type in EVENT_TYPES, f"{change.type} is not in apps.events.types."
    shown = registry.render(change.obj) if change.shown is None else change.shown
    old = change.previous
    return {
        "id": ids.new_id("evt"),
        "type": change.type,
        "object_id": change.obj.id,
        "data": shown,
        "previous": None if old is None else domain.previous_attributes(old, shown),
    }


def _row_of_job(job: Due) -> dict[str, Any]:
    # In full: JSON for the wire would leave out what is less than a millisecond.
    due_at = job.due_at.isoformat()
    return {"key": job.key, "task": job.task, "kwargs": job.kwargs, "due_at": due_at}


def _to_json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, cls=DjangoJSONEncoder)
