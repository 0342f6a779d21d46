"""`manage.py set_plan`: what a hosting plan charges, and when its money becomes available."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.errors import DomainError
from apps.tenants import services


class Command(BaseCommand):
    """Make a plan, or change what is given of it."""

    help = "Make a hosting plan or change one. Payments from now on are charged by it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--name", required=True, help="name of the plan")
        parser.add_argument("--percent-bps", type=int, help="basis points: 290 is 2.9 %%")
        parser.add_argument(
            "--fixed",
            type=_fixed,
            action="append",
            default=[],
            metavar="CURRENCY=MINOR",
            help="fixed part in minor units, once for each currency: usd=30; 0 removes it",
        )
        parser.add_argument(
            "--dispute",
            type=_fixed,
            action="append",
            default=[],
            metavar="CURRENCY=MINOR",
            help="what a dispute costs, given back if it is won: usd=1500; 0 removes it",
        )
        parser.add_argument(
            "--available-after-s", type=int, help="seconds until the money can be paid out"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        try:
            plan = services.save_plan(
                name=options["name"],
                now=clock.now(),
                percent_bps=options["percent_bps"],
                fixed_minor=dict(options["fixed"]),
                dispute_minor=dict(options["dispute"]),
                available_after_s=options["available_after_s"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        fees = plan.fee_schedule
        self.stdout.write(
            f"{plan.name} ({plan.pk}): {fees.percent_bps} bps, fixed {_shown(fees.fixed_minor)}, "
            f"a dispute {_shown(fees.dispute_minor)}, available after {plan.available_after_s} s"
        )


def _shown(by_currency: dict[str, int]) -> str:
    shown = ", ".join(f"{code} {minor}" for code, minor in sorted(by_currency.items()))
    return shown or "nothing"


def _fixed(text: str) -> tuple[str, int]:
    currency, _, minor = text.partition("=")
    if not minor.isdecimal():
        raise ArgumentTypeError("CURRENCY=MINOR, for example usd=30")
    return currency.lower(), int(minor)
