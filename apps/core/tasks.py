"""The sweeper of due jobs."""

from celery import shared_task

from apps.core import clock, jobs


@shared_task(name="core.run_due_jobs")
def run_due_jobs(**_: object) -> None:  # **_: processes of two releases overlap in a deploy
    jobs.run_due(now=clock.now())
