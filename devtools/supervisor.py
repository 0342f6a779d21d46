"""The processes of the Procfile: started, watched, and stopped in the order they are written."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from devtools import processes
from devtools.place import ROOT, Place, Trouble

PROCFILE = ROOT / "Procfile"
_READY_TIMEOUT_S = 60
# gunicorn and celery let the work at hand end first.
_STOP_TIMEOUT_S = 15
_LOOK_EVERY_S = 0.5


class Died(Trouble):
    """A process that should run has ended."""


class Supervisor:
    """Keeps the processes of one place."""

    def __init__(self, place: Place, *, procfile: Path = PROCFILE) -> None:
        self._place = place
        self._procfile = procfile
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *, env: Mapping[str, str]) -> None:
        """Start every process of the Procfile, each with a new log."""
        for part, command in read_procfile(self._procfile).items():
            (self._place.logs / f"{part}.log").write_bytes(b"")
            self._running[part] = processes.start(
                ["/bin/sh", "-c", f"exec {command}"],
                place=self._place,
                part=part,
                env=env,
                cwd=ROOT,
            )

    def check(self) -> None:
        """Look at every process once.

        :raises Died: one has ended; the message has its last lines.
        """
        for part, process in self._running.items():
            if process.poll() is not None:
                raise Died(
                    f"`{part}` has ended (exit code {process.returncode}).\n"
                    + tail(self._place.logs / f"{part}.log")
                )

    def wait_until_ready(self, url: str) -> None:
        """Return once `url` answers 200.

        :raises Died: a process ended instead.
        :raises Trouble: it took too long; the message has the last answer.
        """
        deadline = time.monotonic() + _READY_TIMEOUT_S
        answer = "no answer"
        while time.monotonic() < deadline:
            self.check()
            try:
                response = requests.get(url, timeout=5)
            except requests.RequestException:
                time.sleep(0.1)
                continue
            if response.ok:
                return
            answer = response.text
            time.sleep(0.2)
        log = tail(self._place.logs / "web.log")
        raise Trouble(f"{url} is not ready after {_READY_TIMEOUT_S} s: {answer}\n{log}")

    def watch(self, *, also: Callable[[], None]) -> None:
        """Look at every process, and call `also`, until one of them raises."""
        while True:
            self.check()
            also()
            time.sleep(_LOOK_EVERY_S)


def stop(place: Place, *, procfile: Path = PROCFILE) -> bool:
    """Stop the processes of `place`, also those of an earlier start; say whether there were any."""
    found = False
    # The servers of the place do not count as its processes: see `servers.stop`.
    for part in read_procfile(procfile):
        ours = processes.ours(place=place, part=part)
        if ours:
            found = True
            # The first of a part is the parent, which ends its children itself.
            processes.stop(ours[:1], timeout_s=_STOP_TIMEOUT_S)
            processes.stop(processes.ours(place=place, part=part), timeout_s=2)
    return found


def read_procfile(path: Path) -> dict[str, str]:
    """Return the commands of a Procfile by the names of their processes."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    named = (line.split(":", 1) for line in lines)
    return {name.strip(): command.strip() for name, command in named}


def tail(log: Path) -> str:
    """Return a log's last lines under its name, for a message."""
    lines = processes.last_lines(log).replace("\n", "\n  ")
    return f"The end of {log}:\n  {lines}"
