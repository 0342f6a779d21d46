"""`manage.py demo_payment`: one payment through the running API, and its trail."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import stripe
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from rich.console import Console
from rich.table import Table

from apps.backoffice import demo_payment
from apps.backoffice.demo_payment import Paid
from apps.core import clock, context
from apps.core.context import Hosted
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.ledger import queries as ledger
from apps.ledger.domain import Side
from apps.tenants import queries as tenants
from apps.webhooks import queries as webhooks

# The dispatcher writes down what came of a delivery after the receiver has answered it.
RECORDING_TIMEOUT_S = 5
# Where the output goes to a file, no line of it is folded.
PLAIN_WIDTH = 160


class Command(BaseCommand):
    """Pay with the `stripe` library, then show what became of the money and of the event."""

    help = "Make one payment through the running API, wait for its webhook, and print its trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--file",
            type=Path,
            default=settings.BASE_DIR / ".data" / "demo.json",
            help="where the keys of the demo are (default: %(default)s)",
        )
        parser.add_argument(
            "--timeout", type=float, default=30, help="seconds to wait for the webhook"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        secret_key, environment = _sandbox(options["file"])
        try:
            paid = demo_payment.pay(
                base_url=settings.BASE_URL, secret_key=secret_key, timeout_s=options["timeout"]
            )
        except (DomainError, stripe.StripeError) as error:
            raise CommandError(str(error)) from error
        with context.enter(environment, by="command:demo_payment"):
            _show(paid, Console(width=None if self.stdout.isatty() else PLAIN_WIDTH))


def _sandbox(path: Path) -> tuple[str, Hosted]:
    """Return the first sandbox of the demo, and its secret key."""
    if not path.exists():
        raise CommandError(f"{path} is missing: run `manage.py seed_demo` first.")
    facts = json.loads(path.read_text())["tenants"][0]["environments"][0]
    environment = tenants.list_environments().filter(pk=facts["id"]).first()
    if environment is None:
        raise CommandError(f"{path} is of another database: run `manage.py seed_demo` again.")
    return facts["secret_key"], environment


def _show(paid: Paid, console: Console) -> None:
    intent, charge, entry = paid.intent, paid.charge, paid.balance_transaction
    table = _table("", "", "")
    table.add_row("payment intent", intent.id, f"{intent.status}, {_money(intent.amount, intent)}")
    table.add_row("charge", charge.id, f"{charge.status}, {_card(charge)}")
    table.add_row("balance transaction", entry.id, _net(entry))
    table.add_row("event", paid.event.id, paid.event.type)
    for delivery in _deliveries(paid.event.id):
        outcome = f"{delivery.status}, HTTP {delivery.last_status_code}, signature verified"
        table.add_row("webhook", delivery.url, f"{outcome}, {paid.took_s:.2f} s after the request")
    console.print(table)
    console.print()
    console.print(_ledger(entry))


def _ledger(entry: stripe.BalanceTransaction) -> Table:
    """Return the entries of the payment, each with the balance of its account after it."""
    table = _table("ledger account", "debit", "credit", "balance")
    for column in table.columns[1:]:
        column.justify = "right"
    transaction_id = "ltx_" + entry.id.partition("_")[2]
    for line in ledger.list_entries([transaction_id]):
        amount = str(Money(abs(line.amount_minor), line.currency))
        sides = (amount, "") if line.side is Side.DEBIT else ("", amount)
        table.add_row(line.code, *sides, str(line.balance))
    return table


def _deliveries(event_id: str) -> QuerySet[Any]:
    """Return the deliveries of the event, once their outcome is written down."""
    until = time.monotonic() + RECORDING_TIMEOUT_S
    found = webhooks.list_deliveries(event_id=event_id)
    while time.monotonic() < until and found.filter(status="pending").exists():
        time.sleep(0.05)
    return found.all()


def _table(*titles: str) -> Table:
    table = Table(box=None, show_header=any(titles), padding=(0, 2, 0, 0), header_style="dim")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _money(minor: int, thing: Any) -> str:
    return str(Money(minor, thing.currency))


def _net(entry: stripe.BalanceTransaction) -> str:
    day = clock.from_unix(entry.available_on)
    return (
        f"{_money(entry.amount, entry)} less {_money(entry.fee, entry)}"
        f" = {_money(entry.net, entry)}, available {day:%Y-%m-%d %H:%M}"
    )


def _card(charge: stripe.Charge) -> str:
    details = charge.payment_method_details
    card = details.card if details else None
    return f"{card.brand} ending in {card.last4}" if card else ""
