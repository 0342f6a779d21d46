"""Jobs. The row is the job; the message is only a doorbell.

`enqueue` rings for work that a table already holds (the outbox, say). `Due` is a job of its own: a
row in `public.core_job`, written in the transaction of its cause, found by the sweeper when it is
due.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import current_app
from django.db import connection, transaction
from django.db.models import Count
from django_tenants.utils import get_tenant_model

from apps.core import context, doorbell
from apps.core.models import Job

log = structlog.get_logger(__name__)

# A job that was taken and not finished (its process died) is due again after this.
LEASE = timedelta(seconds=120)
RETRY_DELAY_MAX = timedelta(hours=1)
BATCH = 50


@dataclass(frozen=True, slots=True)
class Due:
    """A job to be written: `task` (a Celery task's name) runs with `kwargs` from `due_at` on.

    :ivar key: names the job: there is one row of a name at a time.
    """

    key: str
    task: str
    due_at: datetime
    kwargs: dict[str, Any] = field(default_factory=dict)


def enqueue(task: str) -> None:
    """Ring for `task` after the commit. Losing the message is safe: a sweeper finds the row."""
    transaction.on_commit(lambda: doorbell.ring(task), robust=True)


def schedule(due: Due) -> None:
    """Write the job for the current environment, or move the one that has its key."""
    here = context.maybe_current()
    Job.objects.bulk_create(
        [
            Job(
                key=due.key,
                task=due.task,
                environment_id=here.environment.id if here else None,
                kwargs=due.kwargs,
                due_at=due.due_at,
            )
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["due_at", "kwargs"],
    )


def cancel(keys: Iterable[str]) -> None:
    """Delete the jobs that `keys` name; those that are gone already are fine."""
    Job.objects.filter(key__in=list(keys)).delete()


def run_due(*, now: datetime) -> int:
    """Run the jobs that are due, one after the other; return how many were run.

    A job that fails stays, later and later (two minutes, four, eight, … an hour).
    """
    done = 0
    while done < BATCH and (job := _take_one(now=now)) is not None:
        _run(job)
        done += 1
    return done


def _take_one(*, now: datetime) -> Job | None:
    """Take the job that has been due longest; it is not due again until the lease is over."""
    with transaction.atomic(durable=True):
        job = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(due_at__lte=now)
            .order_by("due_at")
            .first()
        )
        if job is not None:
            backoff = min(LEASE * 2 ** min(job.attempts, 10), RETRY_DELAY_MAX)
            job.attempts += 1
            job.due_at = now + backoff
            job.save(update_fields=["attempts", "due_at"])
    return job


def _run(job: Job) -> None:
    try:
        _call(job)
    except Exception as error:
        # The edge of the process: one broken job must not stop the others, be it that its task is
        # of a newer release or that its environment is gone. It stays, with its error.
        log.exception("job_failed", job=job.key, task=job.task, attempts=job.attempts)
        Job.objects.filter(pk=job.pk).update(last_error=f"{type(error).__name__}: {error}"[:500])
        return
    # A handler that asked to be called again moved `due_at`; that row stays.
    Job.objects.filter(pk=job.pk, due_at=job.due_at).delete()


def _call(job: Job) -> None:
    task = current_app.tasks[job.task]
    if job.environment_id is None:
        task(**job.kwargs)
        return
    environments = get_tenant_model().objects.select_related("tenant")
    with context.enter(environments.get(pk=job.environment_id), by="system"):
        task(**job.kwargs)


def count_due(*, now: datetime) -> int:
    """Return how many jobs of the current environment are due."""
    here = context.current().environment.id
    return Job.objects.filter(environment_id=here, due_at__lte=now).count()


def oldest_due_age_s(*, now: datetime) -> float:
    """Return for how many seconds the oldest due job has been waiting; 0 if none is due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(due_at) FROM public.core_job WHERE due_at <= %s", [now])
        (oldest,) = cursor.fetchone()
    return 0.0 if oldest is None else float((now - oldest).total_seconds())


def count_marked(task: str, *, mark: str) -> dict[str, int]:
    """Return how many jobs of `task` have `mark` among their kwargs, by environment."""
    rows = Job.objects.filter(task=task, kwargs__has_key=mark, environment_id__isnull=False)
    counted = rows.values_list("environment_id").annotate(Count("id"))
    return {str(environment_id): count for environment_id, count in counted}
