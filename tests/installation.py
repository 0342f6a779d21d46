"""An installation of its own for a test: a database, a Redis, and the processes of the Procfile.

It shares nothing with the other tests but the PostgreSQL server, so that its worker and its beat do
not take the work of another test, and its data may stay where the journey left it.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import requests
from psycopg import sql

from devtools import processes, redis
from devtools.place import ROOT, Place

READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15


@dataclass(frozen=True)
class Installation:
    """A running FinCloud with one tenant.

    :ivar env: the environment variables of its processes.
    """

    base_url: str
    secret_key: str
    publishable_key: str
    place: Place
    env: dict[str, str]

    def start(self, part: str) -> None:
        """Start a process of the Procfile, by its name."""
        command = ["/bin/sh", "-c", f"exec {procfile()[part]}"]
        processes.start(command, place=self.place, part=part, env=self.env, cwd=ROOT)

    def stop(self, part: str | None = None) -> None:
        """End a process with its children; without a name, all of them."""
        ours = processes.ours(place=self.place, part=part)
        processes.stop(ours, timeout_s=STOP_TIMEOUT_S)

    def of(self, part: str) -> list[psutil.Process]:
        """Return the processes of a part, the parent first."""
        return processes.ours(place=self.place, part=part)

    def wait_until_ready(self) -> None:
        """Return once `/readyz` says yes.

        :raises AssertionError: it did not in time; the message has what the processes said last.
        """
        deadline = time.monotonic() + READY_TIMEOUT_S
        answer = "no answer"
        while time.monotonic() < deadline:
            try:
                response = requests.get(f"{self.base_url}/readyz", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.1)
                continue
            if response.ok:
                return
            answer = response.text
            time.sleep(0.1)
        raise AssertionError(f"Not ready: {answer}\n{self.last_words()}")

    def last_words(self) -> str:
        """Return the end of every log, for the message of a failed test."""
        logs = sorted(self.place.logs.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{processes.last_lines(log)}" for log in logs)


def procfile() -> dict[str, str]:
    """Return the commands of the Procfile by name."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(":", 1) for line in lines if ":" in line and not line.startswith("#")]
    return {name.strip(): command.strip() for name, command in pairs}


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


@contextmanager
def installation(folder: Path, *, name: str) -> Iterator[Installation]:
    """Set up an installation, start all its processes, and end and remove everything."""
    place = Place(folder, durable=False)
    place.make()
    with own_database(name) as database_url, own_redis(place) as redis_url:
        port = processes.free_port()
        base_url = f"http://127.0.0.1:{port}"
        env = {
            **os.environ,
            "BASE_URL": base_url,
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "REDIS_URL": redis_url,
            "SCHEMA_POOL_SIZE": "1",
            "WEB_CONCURRENCY": "1",
        }
        manage(env, "migrate_schemas", "--shared")
        shown = manage(env, "create_tenant", "--name", "Journey")
        secret_key, publishable_key = (
            re.search(rf"{kind}_test_\w+", shown) for kind in ("sk", "pk")
        )
        assert secret_key, shown
        assert publishable_key, shown
        here = Installation(
            base_url=base_url,
            secret_key=secret_key[0],
            publishable_key=publishable_key[0],
            place=place,
            env=env,
        )
        try:
            for part in procfile():
                here.start(part)
            here.wait_until_ready()
            yield here
        finally:
            here.stop()


def manage(env: dict[str, str], *arguments: str) -> str:
    """Run a command of `manage.py` and return what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
