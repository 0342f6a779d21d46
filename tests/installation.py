"""An installation of its own for a test: a database, a Redis, and the processes of the Procfile.

It shares nothing with the other tests but the PostgreSQL server, so that its worker and its beat do
not take the work of another test, and its data may stay where the journey left it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from devtools import processes, redis, supervisor, variables
from devtools.place import ROOT, Place

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

    :param name: of its database.
    :param settings: further environment variables.
    """
    place = Place(folder, durable=False)
    place.make()
    with own_database(name) as database_url, own_redis(place) as redis_url:
        port = processes.free_port()
        base_url = f"http://127.0.0.1:{port}"
        env = variables.for_processes(place) | {
            "BASE_URL": base_url,
            "BEAT_SCHEDULE": str(folder / "beat-schedule"),
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "REDIS_URL": redis_url,
            "SCHEMA_POOL_SIZE": "1",
            "WEB_CONCURRENCY": "1",
            "WORKER_CONCURRENCY": "1",
            **(settings or {}),
        }
        manage(env, "migrate_schemas", "--shared")
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
def own_database(name: str) -> Iterator[str]:
    """Make an empty database on the tests' server, yield its URL, and drop it."""
    server = os.environ["DATABASE_URL"]
    identifier = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        try:
            yield re.sub(r"/[^/?]+(?=\?|$)", f"/{name}", server, count=1)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


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
