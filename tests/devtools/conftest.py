"""A place of its own for each test, whose servers and processes end with it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import homes, servers, supervisor
from devtools.place import Place


@pytest.fixture
def place() -> Iterator[Place]:
    """A folder that anybody may enter, as a clone usually is."""
    folder = Path(tempfile.mkdtemp(prefix="place-"))
    folder.chmod(0o755)
    yield from _used(Place(folder / "data", durable=False))
    shutil.rmtree(folder)


@pytest.fixture
def closed_place(tmp_path: Path) -> Iterator[Place]:
    """A deep folder that nobody else may enter, as a clone under /root is."""
    tmp_path.chmod(0o700)
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 4)
    yield from _used(Place(deep, durable=False))


def _used(place: Place) -> Iterator[Place]:
    try:
        yield place
    finally:
        supervisor.stop(place)
        servers.stop(place)
        shutil.rmtree(homes.private_folder(place), ignore_errors=True)
