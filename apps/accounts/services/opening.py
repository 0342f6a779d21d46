"""Opening of tenants and environments: a schema, a merchant account in it, and the first keys."""

import re
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import Account
from apps.core import context
from apps.core.context import Hosted
from apps.core.errors import Invalid
from apps.core.ids import new_id
from apps.core.money import CURRENCIES
from apps.core.use_cases import use_case
from apps.identity import services as identity
from apps.identity.domain import KeyKind, Role
from apps.tenants import services as tenants
from apps.tenants.domain import Kind

NAME_LENGTH = 120
COUNTRY = "US"
CURRENCY = "usd"


@dataclass(frozen=True, slots=True)
class OpenedEnvironment:
    """A new environment at the one moment when the secrets of its keys are known."""

    environment: Hosted
    secret_key: str
    publishable_key: str


@dataclass(frozen=True, slots=True)
class OpenedTenant:
    """A new tenant with its environments: the sandbox first, the live one if it was asked for."""

    tenant_id: str
    name: str
    environments: tuple[OpenedEnvironment, ...]


@use_case
def create_tenant(
    *,
    name: str,
    by: str,
    now: datetime,
    plan_id: str | None = None,
    owner_email: str | None = None,
    is_live: bool = False,
    country: str = COUNTRY,
    currency: str = CURRENCY,
) -> OpenedTenant:
    """Open a tenant with one sandbox and, if `is_live`, a live environment.

    :param owner_email: a user becomes its owner; made, without a password, if there is none.
    :raises Invalid: the name is empty or too long, the currency is unknown, or the country or the
        e-mail address is none.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH or "\0" in name:
        raise Invalid(f"A tenant has a name of at most {NAME_LENGTH} characters.", param="name")
    tenant = tenants.add_tenant(name=name, now=now, plan_id=plan_id)
    if owner_email is not None:
        owner = identity.find_user(owner_email) or identity.create_user(
            email=owner_email, password=None
        )
        identity.add_member(user=owner, tenant_id=tenant.pk, role=Role.OWNER, now=now)
    kinds = (Kind.SANDBOX, Kind.LIVE) if is_live else (Kind.SANDBOX,)
    opened = tuple(
        _open_environment(
            tenant_id=tenant.pk, kind=kind, by=by, now=now, country=country, currency=currency
        )
        for kind in kinds
    )
    return OpenedTenant(tenant_id=tenant.pk, name=tenant.name, environments=opened)


@use_case
def create_environment(
    *,
    tenant_id: str,
    kind: Kind,
    by: str,
    now: datetime,
    name: str = "",
    country: str = COUNTRY,
    currency: str = CURRENCY,
) -> OpenedEnvironment:
    """Open an environment: a schema of the pool, its merchant account, a secret and a public key.

    :raises NotFound: there is no such tenant.
    :raises LiveEnvironmentExists: the tenant has its one live environment.
    :raises Invalid: the currency is unknown, or the country is none.
    """
    return _open_environment(
        tenant_id=tenant_id,
        kind=kind,
        by=by,
        now=now,
        name=name,
        country=country,
        currency=currency,
    )


def _open_environment(
    *,
    tenant_id: str,
    kind: Kind,
    by: str,
    now: datetime,
    country: str,
    currency: str,
    name: str = "",
) -> OpenedEnvironment:
    if currency not in CURRENCIES:
        raise Invalid(f"Unknown currency: {currency}", param="currency")
    if re.fullmatch(r"[A-Z]{2}", country) is None:
        raise Invalid("A country is two letters, as ISO 3166-1 has it.", param="country")
    account_id = new_id("acct")
    environment = tenants.assign_environment(
        tenant_id=tenant_id, kind=kind, account_id=account_id, now=now, name=name
    )
    with context.enter(environment, by=by):
        Account.objects.create(
            id=account_id,
            account_id=account_id,
            created_at=now,
            business_name=str(environment.tenant),
            country=country,
            default_currency=currency,
        )
    secret, publishable = (
        identity.create_api_key(environment=environment, kind=key_kind, by=by, now=now).secret
        for key_kind in (KeyKind.SECRET, KeyKind.PUBLISHABLE)
    )
    return OpenedEnvironment(
        environment=environment, secret_key=secret, publishable_key=publishable
    )
