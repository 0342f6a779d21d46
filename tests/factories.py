"""Valid rows, for tests that need one and do not care which: plain functions."""

from itertools import count

from apps.accounts import services as accounts
from apps.accounts.services import OpenedTenant
from apps.core import clock
from apps.core.context import Hosted
from apps.identity import services as identity
from apps.identity.domain import KeyKind
from apps.identity.services import NewKey

_numbers = count(1)


def make_tenant(*, name: str | None = None, is_live: bool = False) -> OpenedTenant:
    """Open a tenant with a sandbox and, if `is_live`, a live environment."""
    name = name or f"Tenant {next(_numbers)}"
    return accounts.create_tenant(name=name, by="system", now=clock.now(), is_live=is_live)


def make_key(environment: Hosted, kind: KeyKind = KeyKind.SECRET, *permissions: str) -> NewKey:
    """Make a key; a restricted one may do what `permissions` list."""
    return identity.create_api_key(
        environment=environment, kind=kind, by="system", now=clock.now(), permissions=permissions
    )
