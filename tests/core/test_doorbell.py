"""A broker that is away, or does not answer: whoever rings goes on, and soon does not even try."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from apps.core import doorbell
from devtools import processes

RING = """
import json, time
import django
django.setup()
from apps.core import doorbell
times = []
for _ in range(5):
    started = time.monotonic()
    doorbell.ring("nobody.hears")
    times.append(time.monotonic() - started)
print(json.dumps(times))
"""
# What matters is that it ends: a broker that never answers could hold a request for ever.
FIRST_S_MAX = 20
LATER_S_MAX = 0.5


@contextmanager
def refusing() -> Iterator[int]:
    """Yield a port on which nobody listens."""
    yield processes.free_port()


@contextmanager
def silent() -> Iterator[int]:
    """Yield a port on which somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("broker", [refusing, silent])
def test_a_broker_that_does_not_answer_holds_nobody_up(broker):
    with broker() as port:
        done = subprocess.run(
            [sys.executable, "-c", RING],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "fincloud.settings",
                "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    first, *later = json.loads(done.stdout.splitlines()[-1])
    assert first < FIRST_S_MAX
    assert max(later) < LATER_S_MAX
    assert done.stderr.count("doorbell_lost") == 1


def test_a_bell_that_rings_is_not_rung_again_until_it_is_answered(jobs_rung):
    doorbell.ring("webhooks.dispatch")
    doorbell.ring("webhooks.dispatch")
    assert len(jobs_rung.heard) == 1

    doorbell.answer("webhooks.dispatch")
    doorbell.ring("webhooks.dispatch")

    assert len(jobs_rung.heard) == 2
