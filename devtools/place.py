"""Where a set of servers and processes lives: the ones of `make run`, and the ones of the tests."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Trouble(Exception):
    """What stops a command, in words for the person who typed it."""


@dataclass(frozen=True)
class Place:
    """A folder with its own PostgreSQL, Redis, logs and secrets."""

    folder: Path
    # What a durable place has promised to keep survives a power cut; the tests' servers promise
    # nothing, and are several times faster for it.
    durable: bool

    @property
    def logs(self) -> Path:
        """One file for each process, named after it."""
        return self.folder / "logs"

    def make(self) -> None:
        """Make the folders.

        :raises Trouble: they belong to another user.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            # PostgreSQL logs what it refuses word for word, with the names and hashes in it.
            self.logs.chmod(0o700)
            (self.folder / ".writable").touch()
        except PermissionError as error:
            raise Trouble(
                f"{self.folder} belongs to {self.folder.owner()}: run as that user, "
                "or have that user run `make clean`."
            ) from error


RUN = Place(ROOT / ".data", durable=True)
TEST = Place(ROOT / ".data" / "test", durable=False)
