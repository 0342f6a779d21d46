"""`.data/demo.json`: what to open, sign in with and call once `make run` is up."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from devtools.steps import console

Facts = dict[str, Any]


def refresh(path: Path, *, servers: Mapping[str, str]) -> Facts:
    """Write where this start's servers are into the facts, and return them."""
    facts: Facts = json.loads(path.read_text())
    facts |= {"database_url": servers["DATABASE_URL"], "redis_url": servers["REDIS_URL"]}
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(facts, indent=2) + "\n")
    unfinished.rename(path)
    return facts


def show(facts: Facts, *, path: Path) -> None:
    """Print the addresses, sign-ins and keys, and a command to try."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    operator = facts["operator"]
    table.add_row("API", facts["api_base"])
    table.add_row("Admin", f"{operator['url']}   {operator['email']} / {operator['password']}")
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
    table.add_row("", "")
    table.add_row(tenant["name"], tenant.get("dashboard_url") or "")
    for user in tenant["users"]:
        table.add_row("", f"{user['email']} / {user['password']}   ({user['role']})")
    for environment in tenant["environments"]:
        keys = (environment["secret_key"], environment["publishable_key"])
        table.add_row("", f"{environment['kind']}   {'   '.join(filter(None, keys))}")
