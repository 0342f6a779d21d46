"""`manage.py load_scenarios`: scenarios of the simulator from a YAML file, for tests that need
them.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError

from apps.core import clock, context
from apps.core.errors import DomainError
from apps.payments import services
from apps.payments.api.shapes import scenarios as shapes
from apps.tenants import queries as tenants


class Command(BaseCommand):
    """Make the scenarios of a file in a sandbox, all of them or none."""

    help = (
        "Load scenarios of the simulator from a YAML file: a list of them, as the API takes them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="a YAML file")
        parser.add_argument("--environment", required=True, help="a sandbox (env_…)")

    def handle(self, *, file: Path, environment: str, **_: Any) -> None:
        """Run the command; print the id of each scenario."""
        here = tenants.list_environments().filter(pk=environment).first()
        if here is None:
            raise CommandError(f"There is no environment {environment}.")
        with context.enter(here, by="system"):
            try:
                made = services.create_scenarios(given=_read(file), now=clock.now())
            except DomainError as refusal:
                raise CommandError(f"{file}: {refusal.message}") from refusal
        for scenario in made:
            self.stdout.write(f"{scenario.id}  {scenario.name}")


def _read(file: Path) -> list[dict[str, Any]]:
    """Return the scenarios of a file.

    :raises CommandError: it cannot be read, or is no list of scenarios.
    """
    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    if not isinstance(written, list):
        raise CommandError(f"{file} is not a list of scenarios.")
    return [
        shapes.FILE.convert(_as_sent(scenario), f"scenarios[{place}]")
        for place, scenario in enumerate(written)
    ]


def _as_sent(value: Any, name: str = "") -> Any:
    """Return what YAML read as a request would have it: a duration of seconds is text.

    (An `on` without quotes is `True`, in YAML.)
    """
    if isinstance(value, dict):
        named = {"on" if key is True else str(key): inner for key, inner in value.items()}
        return {key: _as_sent(inner, key) for key, inner in named.items()}
    if isinstance(value, list):
        return [_as_sent(inner) for inner in value]
    return str(value) if name == "after" and type(value) is int else value
