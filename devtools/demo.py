"""`.data/demo.json`: what to open, sign in with and call once `make run` is up."""

import json
from pathlib import Path
from typing import Any

from rich.markup import escape

from devtools.steps import console

Facts = dict[str, Any]


def show(path: Path) -> None:
    """Print the addresses, sign-ins and keys of the file, and a command to try."""
    facts: Facts = json.loads(path.read_text())
    operator = facts["operator"]
    console.print()
    _line("API", facts["api_base"])
    _line("Admin", operator["url"])
    _line("", f"{operator['email']} / {operator['password']}")
    for tenant in facts["tenants"]:
        _show_tenant(tenant)
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


def _show_tenant(tenant: Facts) -> None:
    console.print()
    _line(tenant["name"], tenant["dashboard_url"] or "")
    for user in tenant["users"]:
        _line("", f"{user['email']} / {user['password']} ({user['role']})")
    for environment in tenant["environments"]:
        _line(f"  {environment['kind']}", environment["secret_key"])
        _line("", environment["publishable_key"])


def _line(title: str, text: str) -> None:
    # Names and passwords may hold brackets, which would be read as colours; keys are never folded.
    console.print(f"[dim]{escape(title):<20}[/]{escape(text)}", soft_wrap=True)
