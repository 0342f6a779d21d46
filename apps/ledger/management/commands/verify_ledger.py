"""`manage.py verify_ledger`: compare every balance with the sum of its entries."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import context
from apps.ledger import queries
from apps.tenants import queries as tenants


class Command(BaseCommand):
    """Check all environments, or one. Reads only; fails if a balance is not what entries say."""

    help = "Compare every balance of the ledger with the sum of its entries."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the environment."""
        parser.add_argument("--environment", help="Check this one alone (env_…).")

    def handle(self, *, environment: str | None, **_: Any) -> None:
        """Print a line for each environment."""
        rows = tenants.list_environments()
        if environment is not None:
            rows = rows.filter(pk=environment)
            if not rows.exists():
                raise CommandError(f"There is no environment {environment}.")
        drifted = 0
        for checked in rows:
            with context.enter(checked, by="system"):
                drifts = queries.check_drift()
            drifted += bool(drifts)
            self.stdout.write(f"{checked.id}  {checked}: {'DRIFT' if drifts else 'no drift'}")
            for drift in drifts:
                self.stdout.write(f"    {drift}")
        if drifted:
            raise CommandError(f"The books of {drifted} environment(s) do not add up.")
