"""`manage.py export_ledger`: the book of an environment as a file."""

import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand

from apps.core import clock, context
from apps.ledger import services
from apps.ledger.domain.exports import Format
from apps.ledger.management.files import Progress, environment


class Command(BaseCommand):
    """Make an export as the API does, and write its content."""

    help = "Write the book of an environment, up to its last seal, to a file or to the output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--environment", required=True, help="whose book (env_…)")
        parser.add_argument(
            "--format",
            choices=[form.value for form in Format],
            default=Format.JSONL.value,
            help="jsonl: the whole book, for import_ledger; csv: its entries (default: jsonl)",
        )
        parser.add_argument(
            "--output", type=Path, help="the file; it is there only once it is whole"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        with context.enter(environment(options["environment"]), by="command:export_ledger"):
            while services.seal_step(now=clock.now()):
                pass  # all that can be sealed, and not as much as a request has time for
            export = services.create_export(form=Format(options["format"]), now=clock.now())
            with _opened(options["output"]) as file, Progress(self.stderr) as progress:
                for piece in services.export_content(export, progress=progress.at):
                    file.write(piece)
        self.stderr.write(
            f"{export.id}: {export.entry_count:,} entries, up to seal {export.until_seal}.",
            style_func=str,
        )


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """Open the file, or the standard output. A file that is not finished is removed.

    Nobody else may read it: it says everything of the book.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with tempfile.NamedTemporaryFile(dir=output.parent, prefix=output.name, delete=False) as file:
        part = Path(file.name)
        try:
            yield file  # type: ignore[misc]  # a wrapper of one
            file.flush()
            os.fsync(file.fileno())
            part.replace(output)
        except BaseException:
            part.unlink()
            raise
