"""The one `make run` of a place: who it is, and how to end it.

It holds a lock of the kernel for as long as it lives, so that no crash leaves a lie behind.
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from devtools.place import Place, Trouble

_END_TIMEOUT_S = 90


class Runner:
    """The lock of this process, with what others may read in it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Say where FinCloud runs."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps({"pid": os.getpid(), "url": url}))
        self._file.flush()


@contextmanager
def only_one(place: Place) -> Iterator[Runner]:
    """Be the one that runs `place`.

    :raises Trouble: another one does; the message says where, and how to stop it.
    """
    place.make()
    with (place.folder / "run.lock").open("a+") as file:
        if not _take(file):
            pid, url = _read(file)
            at = f"runs already at {url}" if url else "is starting already"
            raise Trouble(f"FinCloud {at} (process {pid}). `make stop` stops it.")
        yield Runner(file)


def end(place: Place) -> bool:
    """Ask the one that runs `place` to stop, wait for it, and say whether there was one.

    :raises Trouble: it belongs to somebody else, or does not end.
    """
    path = place.folder / "run.lock"
    if not path.exists():
        return False
    with path.open("a+") as file:
        if _take(file):
            return False
        pid, _ = _read(file)
        try:
            os.kill(pid, signal.SIGTERM)
        except PermissionError as error:
            raise Trouble(f"FinCloud runs here as another user (process {pid}).") from error
        except ProcessLookupError:
            return False
        deadline = time.monotonic() + _END_TIMEOUT_S
        while not _take(file):
            if time.monotonic() > deadline:
                raise Trouble(f"Process {pid} does not end; `kill -9 {pid}`, then `make stop`.")
            time.sleep(0.1)
    return True


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: TextIO) -> tuple[int, str | None]:
    file.seek(0)
    said = json.loads(file.read())
    return said["pid"], said["url"]
