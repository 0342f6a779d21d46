"""An installation of its own for a test: a database, a Redis, and the processes of the Procfile.

It shares nothing with the other tests but the PostgreSQL server: its worker and its beat do not
take the work of another test.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools import processes, redis, supervisor, variables
from devtools.place import ROOT, Place
from tests import databases

COMMAND_TIMEOUT_S = 120


@dataclass(frozen=True)
class Installation:
    """A running FinCloud with one tenant, of which this is the sandbox.

    :ivar env: the environment variables of its processes.
    """

    base_url: str
    secret_key: str
    publishable_key: str
    place: Place
    env: Mapping[str, str]

    def last_words(self) -> str:
        """Return the end of every log, for the message of a failed test."""
        return "\n".join(supervisor.tail(log) for log in sorted(self.place.logs.glob("*.log")))


@contextmanager
def installation(
    folder: Path, *, name: str, settings: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """Set up an installation, start its processes, and in the end remove everything.

    The database must be unblocked (`django_db_blocker`), since the first one is migrated here.

    :param name: distinguishes the installations of one test session.
    :param settings: further environment variables.
    """
    place = Place(folder, durable=False)
    place.make()
    with databases.copy(name) as database, own_redis(place) as redis_url:
        port = processes.free_port()
        base_url = f"http://127.0.0.1:{port}"
        env = variables.for_processes(place) | {
            "BASE_URL": base_url,
            "BEAT_SCHEDULE": str(folder / "beat-schedule"),
            "DATABASE_URL": databases.url_of(database),
            "PORT": str(port),
            "REDIS_URL": redis_url,
            "SCHEMA_POOL_SIZE": "1",
            "WEB_CONCURRENCY": "1",
            "WORKER_CONCURRENCY": "1",
            **(settings or {}),
        }
        shown = manage(env, "create_tenant", "--name", "Journey")
        try:
            watched = supervisor.Supervisor(place)
            watched.start(env=env)
            watched.wait_until_ready(f"{base_url}/readyz")
            yield Installation(
                base_url=base_url,
                secret_key=key_in(shown, prefix="sk_test_"),
                publishable_key=key_in(shown, prefix="pk_test_"),
                place=place,
                env=env,
            )
        finally:
            supervisor.stop(place)


@contextmanager
def own_redis(place: Place) -> Iterator[str]:
    """Start a Redis for one test, yield its URL, and stop it."""
    try:
        yield redis.start(place)
    finally:
        redis.stop(place)


def manage(env: Mapping[str, str], *arguments: str) -> str:
    """Run a command of `manage.py` and return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def key_in(shown: str, *, prefix: str) -> str:
    """Return the key that a command printed."""
    found = re.search(rf"{prefix}\w+", shown)
    assert found, shown
    return found[0]
