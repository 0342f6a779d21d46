"""`.data/demo.json`: what to open, sign in with and call once `make run` is up."""

import json
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from devtools.steps import console

Facts = dict[str, Any]


def show(path: Path) -> None:
    """Print the addresses, sign-ins and keys of the file, and a command to try."""
    facts: Facts = json.loads(path.read_text())
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    operator = facts["operator"]
    _add(table, "API", facts["api_base"])
    _add(table, "Admin", f"{operator['url']}   {operator['email']} / {operator['password']}")
    for tenant in facts["tenants"]:
        _add_tenant(table, tenant)
    console.print()
    console.print(table)
    secret_key = facts["tenants"][0]["environments"][0]["secret_key"]
    console.print(
        "\n[dim]Try:[/]\n"
        + escape(
            f"curl {facts['api_base']}/v1/payment_intents -u {secret_key}: \\\n"
            "  -d amount=2500 -d currency=eur -d confirm=true \\\n"
            "  -d payment_method=pm_card_visa -d 'payment_method_types[]=card'"
        ),
        soft_wrap=True,
    )
    console.print(f"\n[dim]All of this as data: {escape(str(path))}[/]", soft_wrap=True)


def _add_tenant(table: Table, tenant: Facts) -> None:
    _add(table, "", "")
    _add(table, tenant["name"], tenant["dashboard_url"] or "")
    for user in tenant["users"]:
        _add(table, "", f"{user['email']} / {user['password']}   ({user['role']})")
    for environment in tenant["environments"]:
        keys = f"{environment['secret_key']}   {environment['publishable_key']}"
        _add(table, "", f"{environment['kind']}   {keys}")


def _add(table: Table, title: str, text: str) -> None:
    # Names and passwords may hold brackets, which would be read as colours.
    table.add_row(escape(title), escape(text))
