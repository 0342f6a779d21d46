"""The demo: an operator and two tenants, and what is known of them, in `.data/demo.json`.

Passwords and keys cannot be read back from the database. So passwords are written to the file
before their users are made, and keys that the file has lost are followed by new ones: whatever a
crash left undone, the next run completes.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.accounts import services as accounts
from apps.backoffice import demo_book
from apps.core import context
from apps.core.context import Hosted
from apps.core.errors import Conflict
from apps.identity import queries as identity_queries
from apps.identity import services as identity
from apps.identity.domain import KeyKind, Role
from apps.tenants import queries as tenants

Facts = dict[str, Any]
BY = "command:seed_demo"
OPERATOR = "operator@fincloud.test"


class NotTheDemo(Conflict):
    """A user or a tenant of the demo's name exists, and is not one that the demo made."""

    code = "not_the_demo"


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """A tenant of the demo, and who works there: the owner first."""

    name: str
    slug: str
    is_live: bool
    people: tuple[tuple[str, Role], ...]


TENANTS = (
    DemoTenant(
        name="Acme Robotics",
        slug="acme-robotics",
        is_live=True,
        people=(
            ("olivia@acme.test", Role.OWNER),
            ("dev@acme.test", Role.DEVELOPER),
            ("ana@acme.test", Role.ANALYST),
        ),
    ),
    DemoTenant(
        name="Blue Bottle Books",
        slug="blue-bottle-books",
        is_live=False,
        people=(("bea@bluebottle.test", Role.OWNER), ("sam@bluebottle.test", Role.SUPPORT)),
    ),
)


def seed(path: Path, *, now: datetime) -> None:
    """Make what is missing of the demo, and write what is known of it to `path`.

    :raises NotTheDemo: a user has another password than the file says, or a tenant another owner.
        Nothing is overwritten.
    """
    facts = _describe(read(path))
    _check_passwords(facts)
    write(path, facts)
    for person in _people(facts):
        if identity.find_user(person["email"]) is None:
            identity.create_user(
                email=person["email"],
                password=person["password"],
                is_operator=person["email"] == OPERATOR,
            )
    for tenant, described in zip(TENANTS, facts["tenants"], strict=True):
        described["environments"] = _make_tenant(tenant, described["environments"], now=now)
        write(path, facts)
    _fill_book(facts, now=now)


def _fill_book(facts: Facts, *, now: datetime) -> None:
    """Let the first sandbox have a book that is worth looking at."""
    sandbox = facts["tenants"][0]["environments"][0]
    environment = tenants.list_environments().get(pk=sandbox["id"])
    with context.enter(environment, by=BY):
        demo_book.fill(now=now)


def read(path: Path) -> Facts:
    """Return what the file says; nothing, if there is none."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write(path: Path, facts: Facts) -> None:
    """Replace the file at one go, for its owner's eyes only, unless it says the same already."""
    if read(path) == facts:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(facts, indent=2) + "\n")
    unfinished.rename(path)


def _describe(before: Facts) -> Facts:
    """Return the facts as they are to be: what is known, and new passwords for the rest."""
    passwords = {person["email"]: person["password"] for person in _people(before)}
    environments = {one["name"]: one["environments"] for one in before.get("tenants", ())}
    return {
        "api_base": settings.BASE_URL,
        "tenants": [
            {
                "name": tenant.name,
                # The admin is for operators: until there is a dashboard these people have no page.
                "dashboard_url": None,
                "users": [
                    {"email": email, "password": _password(passwords, email), "role": role.value}
                    for email, role in tenant.people
                ],
                "environments": environments.get(tenant.name, []),
            }
            for tenant in TENANTS
        ],
        "operator": {
            "url": f"{settings.BASE_URL}/admin/",
            "email": OPERATOR,
            "password": _password(passwords, OPERATOR),
        },
        "database_url": settings.DATABASE_URL,
        "redis_url": settings.REDIS_URL,
    }


def _people(facts: Facts) -> Iterator[dict[str, str]]:
    """Yield everyone with a password."""
    if "operator" in facts:
        yield facts["operator"]
    for tenant in facts.get("tenants", ()):
        yield from tenant["users"]


def _password(known: dict[str, str], email: str) -> str:
    return known.get(email) or secrets.token_urlsafe(12)


def _check_passwords(facts: Facts) -> None:
    for person in _people(facts):
        user = identity.find_user(person["email"])
        if user is not None and not user.check_password(person["password"]):
            raise NotTheDemo(
                f"{user.email} exists with another password than the demo's file has. Remove the "
                "user, or restore the file."
            )


def _make_tenant(tenant: DemoTenant, known: list[Facts], *, now: datetime) -> list[Facts]:
    """Make the tenant and its members unless they exist; return its environments."""
    owner, _ = tenant.people[0]
    found = tenants.find_tenant(slug=tenant.slug)
    if found is None:
        opened = accounts.create_tenant(
            name=tenant.name, by=BY, now=now, owner_email=owner, is_live=tenant.is_live
        )
        tenant_id = opened.tenant_id
        known = [
            _environment_facts(one.environment, one.secret_key, one.publishable_key)
            for one in opened.environments
        ]
    else:
        tenant_id = found.pk
        if not identity_queries.list_members(tenant_id=tenant_id).filter(user__email=owner):
            raise NotTheDemo(f"The tenant {found.slug} exists, and {owner} does not belong to it.")
        environments = tenants.list_environments(tenant_id=tenant_id)
        known = [_with_keys(one, known, now=now) for one in environments]
    for email, role in tenant.people:
        user = identity.find_user(email)
        assert user is not None, "People are made before tenants."
        identity.add_member(user=user, tenant_id=tenant_id, role=role, now=now)
    return known


def _with_keys(environment: Hosted, known: list[Facts], *, now: datetime) -> Facts:
    """Return the environment with the keys that the file has, or with new ones if they are lost."""
    for facts in known:
        if facts["id"] == environment.id and all(
            identity_queries.find_api_key(facts[field], host="", now=now)
            for field in ("secret_key", "publishable_key")
        ):
            return facts
    secret, publishable = (
        identity.create_api_key(environment=environment, kind=kind, by=BY, now=now).secret
        for kind in (KeyKind.SECRET, KeyKind.PUBLISHABLE)
    )
    return _environment_facts(environment, secret, publishable)


def _environment_facts(environment: Hosted, secret: str, publishable: str) -> Facts:
    return {
        "kind": "live" if environment.livemode else "sandbox",
        "id": environment.id,
        "secret_key": secret,
        "publishable_key": publishable,
    }
