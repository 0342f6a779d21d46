"""The doorbell of the workers: a message that there is something to do. What it is, rows say.

A bell that rings already is not rung again: whoever answers it looks after the ring, and so finds
what was committed before. A ring that is lost costs a moment: beat has every such task look, too.
"""

import time
from functools import cache

import structlog
from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

# A bell is taken for ringing so long, answered or not: beat looks as often.
RINGS_FOR_MS = 2_000
# After a ring that nobody heard this process is silent for a while: the sweepers find the rows.
SILENCE_S = 5.0
ANSWER_S = 1.0

_silent_until = 0.0


def ring(task: str) -> None:
    """Have `task` run soon, unless it is about to. Never fails, and never waits for long."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        if _bells().set(_bell(task), 1, nx=True, px=RINGS_FOR_MS):
            # Without `retry=False` a broker that is away would hold the request up for seconds.
            current_app.send_task(task, retry=False)
    except (OperationalError, RedisError) as error:  # refused, timed out, gone
        # Where one request has waited in vain, the next ones need not.
        _silent_until = time.monotonic() + SILENCE_S
        log.warning("doorbell_lost", task=task, error=type(error).__name__)


def answer(task: str) -> None:
    """Let the bell of `task` be rung again. The task calls it before it looks for what to do."""
    try:
        _bells().delete(_bell(task))
    except RedisError as error:
        log.warning("doorbell_lost", task=task, error=type(error).__name__)


@cache
def _bells() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=ANSWER_S,
        socket_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 1),  # a connection that was idle for long may be gone
    )


def _bell(task: str) -> str:
    # Two installations may share a Redis, but not a database.
    return f"bell:{connection.settings_dict['NAME']}:{task}"
