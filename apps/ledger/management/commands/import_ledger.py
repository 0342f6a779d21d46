"""`manage.py import_ledger`: an archive read back into an empty book."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from psycopg.errors import LockNotAvailable

from apps.core import clock, context
from apps.core.errors import DomainError
from apps.ledger import services
from apps.ledger.domain.archive import LINE_BYTES_MAX
from apps.ledger.management.files import Progress, environment


class Command(BaseCommand):
    """Import all of an archive, or nothing."""

    help = "Read an archive of export_ledger into an environment whose book is empty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--environment", required=True, help="whose book (env_…)")
        parser.add_argument("file", type=Path, help="the archive; - for the standard input")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        with (
            context.enter(environment(options["environment"]), by="command:import_ledger"),
            _opened(options["file"]) as file,
            Progress(self.stderr) as progress,
        ):
            try:
                imported = services.import_book(
                    iter(partial(file.readline, LINE_BYTES_MAX), b""),
                    now=clock.now(),
                    progress=progress.at,
                )
            except DomainError as error:
                raise CommandError(f"Nothing was imported. {error.message}") from error
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                message = "Nothing was imported. Somebody is writing to the book: try again."
                raise CommandError(message) from error
        self.stdout.write(
            f"{imported.transactions:,} transactions with {imported.entries:,} entries of "
            f"{imported.accounts:,} accounts; all {imported.seals:,} seals are the same."
        )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    with file:
        yield file
