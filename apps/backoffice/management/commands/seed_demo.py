"""`manage.py seed_demo`: an operator and two tenants to look at."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.backoffice import demo
from apps.core import clock
from apps.core.errors import DomainError


class Command(BaseCommand):
    """Make the demo unless it is there; a second run changes nothing."""

    help = "Make the demo's operator and tenants, and write their passwords and keys to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--file",
            type=Path,
            default=settings.BASE_DIR / ".data" / "demo.json",
            help="where passwords and keys are kept (default: %(default)s)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        path: Path = options["file"]
        try:
            demo.seed(path, now=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"The demo is ready: {path}")
