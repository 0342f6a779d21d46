"""Many threads at once, each with its own connection, in the environment of the test."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection

from apps.core import context

START_TIMEOUT_S = 30


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all `calls` at the same moment; return what each returned or raised, in their order."""
    here = context.maybe_current()
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=START_TIMEOUT_S)
            if here is None:
                return call()
            with context.enter(here.environment, by=here.by, account_id=here.account_id):
                return call()
        except Exception as error:  # noqa: BLE001  # the test says which ones it expects
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def wait_for_blocked(count: int, *, unless: Event | None = None) -> None:
    """Return once so many statements in this database wait for a lock, or the event has come."""
    blocked = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            if unless is not None and unless.is_set():
                return
            # What is seen of the activity stays as it is until the transaction ends, unless asked.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(blocked)
            if cursor.fetchone() == (count,):
                return
    pytest.fail("Nobody waits.")
