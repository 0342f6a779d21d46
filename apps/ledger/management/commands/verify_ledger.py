"""`manage.py verify_ledger`: go through whole books now, and say what does not add up."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock, context
from apps.ledger import services
from apps.ledger.domain import findings
from apps.ledger.domain.findings import State
from apps.tenants import queries as tenants


class Command(BaseCommand):
    """Take a round of the verification over all environments, or over one.

    As in the background, a book that does not add up is frozen; the command fails then.
    """

    help = "Verify the books: seals, postings, balances, the equations of the chart."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the environment."""
        parser.add_argument("--environment", help="Verify this one alone (env_…).")

    def handle(self, *, environment: str | None, **_: Any) -> None:
        """Print a line for each environment, and one for each finding."""
        rows = tenants.list_environments()
        if environment is not None:
            rows = rows.filter(pk=environment)
            if not rows.exists():
                raise CommandError(f"There is no environment {environment}.")
        drifted = 0
        for checked in rows:
            with context.enter(checked, by="system"):
                known = services.verify_round(now=clock.now())
            has_drift = known.state == State.DRIFT
            drifted += has_drift
            self.stdout.write(f"{checked.id}  {checked}: {'DRIFT' if has_drift else 'no drift'}")
            for finding in known.findings:
                self.stdout.write(f"    {findings.from_json(finding)}")
        if drifted:
            raise CommandError(f"The books of {drifted} environment(s) do not add up.")
