"""Which running processes are ours, and how they start and stop.

A process carries its place and its part (`web`, `redis`) in its environment, so there is no pid
file that could name a stranger after a crash: the process itself says whose it is.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from devtools.place import Place

_PLACE = "FINCLOUD_PLACE"
_PART = "FINCLOUD_PART"
# What was started outlives the function that started it; Python warns when it forgets a child.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Account:
    """A user of the machine that a process runs as."""

    name: str
    uid: int
    gid: int


def start(
    command: Sequence[str | Path],
    *,
    place: Place,
    part: str,
    env: Mapping[str, str],
    cwd: Path,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C reaches only who asked for it.

    Its output is appended to the part's log.
    """
    with (place.logs / f"{part}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env={**env, _PLACE: str(place.folder.resolve()), _PART: part},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _started.append(process)
    return process


def run_as(
    account: Account | None, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end from the root folder, and return its exit code and output."""
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env=env,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def ours(*, place: Place, part: str | None = None) -> list[psutil.Process]:
    """Return the processes of `place` (only those of `part`), parents before their children."""
    mark = str(place.folder.resolve())
    found = []
    for process in psutil.process_iter():
        try:
            env = process.environ()
        except (psutil.Error, OSError):
            continue  # a stranger's, or gone by now
        if env.get(_PLACE) == mark and part in (None, env.get(_PART)):
            found.append(process)
    return sorted(found, key=lambda process: process.create_time())


def working_in(folder: Path, *, name: str) -> list[psutil.Process]:
    """Return the processes called `name…` whose working directory is `folder`.

    This is how a server is found: some write over their environment to show a title.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith(name) and process.cwd() == str(folder.resolve()):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # a stranger's, or gone by now
    return found


def stop(
    processes: Iterable[psutil.Process], *, timeout_s: float, terminate: int | None = None
) -> None:
    """Ask each process to end (SIGTERM, or the signal `terminate`), and kill who does not."""
    asked = list(processes)
    for process in asked:
        try:
            process.terminate() if terminate is None else process.send_signal(terminate)
        except psutil.NoSuchProcess:
            continue
    deaf = _wait(asked, timeout_s=timeout_s)
    for process in deaf:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    _wait(deaf, timeout_s=5)
    ended = {process.pid for process in asked}
    for child in _started:
        if child.pid in ended:
            # A zombie is not to be had before the last of its threads has ended as well.
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=5)
    _started[:] = [process for process in _started if process.poll() is None]


def is_alive(process: psutil.Process) -> bool:
    """Say whether it still does something.

    An orphan that has ended stays as a zombie for as long as the machine's first process pleases.
    """
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait(ending: list[psutil.Process], *, timeout_s: float) -> list[psutil.Process]:
    """Wait for the end of each, and return those that did not end in time."""
    deadline = time.monotonic() + timeout_s
    while ending and time.monotonic() < deadline:
        time.sleep(0.02)
        ending = [process for process in ending if is_alive(process)]
    return ending


def free_port() -> int:
    """Return a loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def last_lines(path: Path, *, count: int = 20) -> str:
    """Return the end of a log, or nothing when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 64 * 1024))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
