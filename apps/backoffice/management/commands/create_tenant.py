"""`manage.py create_tenant`: host another business."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts import services as accounts
from apps.core import clock
from apps.core.errors import DomainError
from apps.tenants import queries as tenants


class Command(BaseCommand):
    """Open a tenant and print the keys of its environments, the only time that they can be seen."""

    help = "Open a tenant with a sandbox, and print its API keys. They are shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--name", required=True, help="name of the business")
        parser.add_argument("--live", action="store_true", help="open a live environment as well")
        parser.add_argument("--plan", help="name of its hosting plan (default: the standard one)")
        parser.add_argument("--owner-email", help="who owns it; a user is made if there is none")
        parser.add_argument(
            "--country", default=accounts.COUNTRY, help="ISO 3166-1 (default: %(default)s)"
        )
        parser.add_argument(
            "--currency", default=accounts.CURRENCY, help="ISO 4217 (default: %(default)s)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        try:
            plan = options["plan"] and tenants.get_plan(name=options["plan"])
            opened = accounts.create_tenant(
                name=options["name"],
                plan_id=plan.pk if plan else None,
                by="command:create_tenant",
                now=clock.now(),
                owner_email=options["owner_email"],
                is_live=options["live"],
                country=options["country"].upper(),
                currency=options["currency"].lower(),
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{opened.name} ({opened.tenant_id})")
        for one in opened.environments:
            environment = one.environment
            self.stdout.write(
                f"\n{'live' if environment.livemode else 'sandbox'} {environment.id}"
                f" ({environment.account_id})\n"
                f"  secret key       {one.secret_key}\n"
                f"  publishable key  {one.publishable_key}"
            )
        self.stdout.write("\nKeep the keys now: they cannot be shown again.")
