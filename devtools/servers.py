"""PostgreSQL and Redis for a command, or until they are told to stop.

    python -m devtools.servers --test -- pytest tests/ledger   any command with the tests' servers
    python -m devtools.servers --own -- python x.py            with durable servers for it alone
    python -m devtools.servers up --test                       start; prints `export` lines to eval
    python -m devtools.servers down --test                     stop

The tests' servers stay up after a command, and everybody who works in this clone shares them: each
command at work at the same time gets a database name (TEST_DATABASE_NAME) and a Redis database of
its own. `make stop` ends them. Without `--test` the servers are those of `make run`. A server that
DATABASE_URL or REDIS_URL names is used as it is, and ours is not started.
"""

import argparse
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from devtools import postgres, redis, variables
from devtools.place import RUN, TEST, Place, Trouble

ANSWER_S = 5
POSTGRES_MIN = 15

# Redis has sixteen databases; the first is for whoever called `up`.
_SLOTS = range(1, 16)


def start(place: Place) -> dict[str, str]:
    """Start what is not up and not named by the caller; return DATABASE_URL and REDIS_URL."""
    place.make()
    with locked(place.folder / "servers.lock"):
        return {
            "DATABASE_URL": os.environ.get("DATABASE_URL") or postgres.start(place),
            "REDIS_URL": os.environ.get("REDIS_URL") or redis.start(place),
        }


def check_answers(urls: Mapping[str, str]) -> None:
    """Ask both servers a first question.

    :raises Trouble: one does not answer, refuses us, or is too old; the message names its variable,
        and repeats no password.
    """
    try:
        with psycopg.connect(urls["DATABASE_URL"], connect_timeout=ANSWER_S) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise Trouble(f"The PostgreSQL of DATABASE_URL does not let us in: {error}") from None
    if version < POSTGRES_MIN:
        raise Trouble(f"DATABASE_URL is a PostgreSQL {version}; {POSTGRES_MIN} or later is needed.")
    once = Retry(NoBackoff(), 0)
    try:
        with Redis.from_url(
            urls["REDIS_URL"], socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S, retry=once
        ) as client:
            client.ping()
    except RedisError as error:
        raise Trouble(f"The Redis of REDIS_URL does not let us in: {error}") from None


def stop(place: Place) -> bool:
    """Stop both servers, and say whether one of them was up."""
    if not place.folder.exists():
        return False
    with locked(place.folder / "servers.lock"):
        was_up = is_up(place)
        redis.stop(place)
        postgres.stop(place)
    return was_up


def is_up(place: Place) -> bool:
    """Say whether a server of `place` runs."""
    return bool(running(place))


def running(place: Place) -> dict[str, psutil.Process]:
    """Return the servers of `place` that run, by name."""
    found = {"postgres": postgres.find(place), "redis": redis.find(place)}
    return {name: process for name, process in found.items() if process is not None}


def run(command: Sequence[str], *, place: Place) -> int:
    """Run `command` with the servers up, and return its exit code."""
    urls = start(place)
    env = variables.for_processes(place) | urls
    with _slot(place) as slot:
        if not place.durable:
            env.setdefault("TEST_DATABASE_NAME", f"test_fincloud_{slot}")
            if "REDIS_URL" not in os.environ:
                env["REDIS_URL"] = f"{env['REDIS_URL'].removesuffix('/0')}/{slot}"
        process = subprocess.Popen(command, env=env)
        signal.signal(signal.SIGTERM, lambda _number, _frame: process.terminate())
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                continue  # the command has heard it too, and ends in its own way
            # As a shell says it: killed by signal 15 is 143.
            return code if code >= 0 else 128 - code


def run_alone(command: Sequence[str]) -> int:
    """Run `command` with durable servers that are started for it and ended after it."""
    with tempfile.TemporaryDirectory(prefix="fincloud-own-") as folder:
        # PostgreSQL's own user has to get in when root starts it.
        Path(folder).chmod(0o755)
        place = Place(Path(folder) / "place", durable=True)
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        try:
            return run(command, place=place)
        finally:
            stop(place)


def in_use(place: Place) -> bool:
    """Say whether a command runs with the servers of `place` at this moment."""
    for slot in _SLOTS:
        with _hold(place, slot) as is_ours:
            if not is_ours:
                return True
    return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path`. The kernel gives it back, whatever becomes of us."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _slot(place: Place) -> Iterator[int]:
    """Hold the lowest number that no other command of this moment holds.

    :raises Trouble: all are held.
    """
    for slot in _SLOTS:
        with _hold(place, slot) as is_ours:
            if is_ours:
                yield slot
                return
    raise Trouble(f"{len(_SLOTS)} commands use the servers of {place.folder} already.")


@contextmanager
def _hold(place: Place, slot: int) -> Iterator[bool]:
    """Hold a number if nobody does, and say whether it is ours."""
    with (place.folder / f"slot-{slot}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def main(arguments: list[str]) -> int:
    """Do what the command line says; the module's docstring lists what it can say."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    command = arguments[at + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m devtools.servers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=["up", "down"])
    parser.add_argument("--test", action="store_true", help="the servers of the tests")
    parser.add_argument("--own", action="store_true", help="servers for this command alone")
    asked = parser.parse_args(arguments[:at])
    place = TEST if asked.test else RUN
    if command and asked.own:
        return run_alone(command)
    if command:
        return run(command, place=place)
    if asked.what == "up":
        for name, value in start(place).items():
            print(f"export {name}={shlex.quote(value)}")
    elif asked.what == "down":
        print("Stopped." if stop(place) else "Nothing was running.")
    else:
        parser.print_help()
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(f"servers: {trouble}")
