"""Many threads at once, each with its own connection, in the environment of the test."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

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
