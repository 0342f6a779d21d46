"""The operators' commands: opening a tenant, and making the demo."""

import json
import re
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.backoffice import demo_book
from apps.core import clock, context
from apps.identity import queries, services
from apps.identity.models import ApiKey, Membership, User
from apps.ledger import queries as ledger
from apps.ledger import services as ledger_services
from apps.tenants import services as tenants
from apps.tenants.models import Environment, Tenant


def run(command: str, *arguments: Any) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


def seed(path: Path) -> dict[str, Any]:
    run("seed_demo", "--file", path)
    facts: dict[str, Any] = json.loads(path.read_text())
    return facts


def counts() -> list[int]:
    return [model._default_manager.count() for model in (User, Membership, Tenant, ApiKey)]


def works(secret: str) -> bool:
    return queries.find_api_key(secret, host="", now=clock.now()) is not None


@pytest.fixture
def path(db, tmp_path: Path) -> Path:
    return tmp_path / "data" / "demo.json"


def test_create_tenant_prints_keys_that_work(db):
    out = run("create_tenant", "--name", "Fern & Co", "--live", "--owner-email", "Fay@fern.test")

    keys = re.findall(r"[sp]k_(?:test|live)_\w+", out)
    assert [key[:7] for key in keys] == ["sk_test", "pk_test", "sk_live", "pk_live"]
    assert all(works(key) for key in keys)
    (membership,) = Membership.objects.filter(tenant__slug="fern-co")
    assert (membership.user.email, membership.role) == ("fay@fern.test", "owner")
    assert not membership.user.has_usable_password()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--currency", "zzz"), "Unknown currency: zzz"),
        (("--country", "usa"), "A country is two letters"),
        (("--owner-email", "fay"), "'fay' is no e-mail address"),
        (("--owner-email", f"{'f' * 300}@fern.test"), "is no e-mail address"),
        (("--name", "f" * 121), "at most 120 characters"),
        (("--name", " "), "at most 120 characters"),
    ],
)
def test_create_tenant_says_what_is_wrong(db, wrong, said):
    with pytest.raises(CommandError, match=said):
        run("create_tenant", "--name", "Fern & Co", *wrong)

    assert not Tenant.objects.filter(slug="fern-co").exists()


def test_the_demo_is_written_down(path, settings):
    facts = seed(path)

    assert facts["api_base"] == settings.BASE_URL
    assert facts["operator"]["url"] == f"{settings.BASE_URL}/admin/"
    assert {"database_url", "redis_url"} < facts.keys()
    acme, books = facts["tenants"]
    assert [one["kind"] for one in acme["environments"]] == ["sandbox", "live"]
    assert [one["kind"] for one in books["environments"]] == ["sandbox"]
    assert {user["role"] for user in acme["users"]} == {"owner", "developer", "analyst"}


def test_what_is_written_down_is_true(path):
    facts = seed(path)

    operator = User.objects.get(email=facts["operator"]["email"])
    assert operator.check_password(facts["operator"]["password"])
    assert operator.is_superuser
    for tenant in facts["tenants"]:
        for person in tenant["users"]:
            user = User.objects.get(email=person["email"])
            assert user.check_password(person["password"])
            assert not user.is_staff
        for one in tenant["environments"]:
            assert Environment.objects.get(pk=one["id"]).kind == one["kind"]
            assert works(one["secret_key"])
            assert works(one["publishable_key"])


def test_the_sandbox_has_a_book_to_look_at(path):
    facts = seed(path)

    sandbox, live = (one["id"] for one in facts["tenants"][0]["environments"])
    with context.enter(Environment.objects.get(pk=sandbox), by="system"):
        found = ledger.balances([demo_book.TILL, demo_book.SALES, demo_book.CAPITAL])
        assert found[demo_book.CAPITAL, "usd"] == 2_000_00
        assert found[demo_book.TILL, "usd"] > 0
        assert ledger.count_open_proposals() == 1
        assert ledger.check_drift() == []
    with context.enter(Environment.objects.get(pk=live), by="system"):
        assert not ledger.list_accounts().exists()


def test_a_book_that_a_crash_left_empty_is_filled(path):
    facts = seed(path)
    with context.enter(
        Environment.objects.get(pk=facts["tenants"][1]["environments"][0]["id"]), by="system"
    ):
        given = {"code": demo_book.TILL, "kind": "asset", "currency": "usd"}
        ledger_services.open_account(given=given, now=clock.now())
        demo_book.fill(now=clock.now())
        assert ledger.count_open_proposals() == 1
        demo_book.fill(now=clock.now())
        assert ledger.count_open_proposals() == 1


def test_only_its_owner_may_read_the_file(path):
    seed(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["demo.json"]


def test_a_second_run_changes_nothing(path):
    seed(path)
    before, rows, written_at = path.read_bytes(), counts(), path.stat().st_mtime_ns

    with CaptureQueriesContext(connection) as captured:
        seed(path)

    assert (path.read_bytes(), counts(), path.stat().st_mtime_ns) == (before, rows, written_at)
    assert not [query for query in captured if query["sql"].startswith("INSERT")]


def test_another_address_is_written_down(path, settings):
    before = seed(path)
    settings.BASE_URL = "http://127.0.0.1:8123"

    after = seed(path)

    assert after["api_base"] == "http://127.0.0.1:8123"
    assert after["tenants"] == before["tenants"]


def test_lost_keys_are_followed_by_new_ones(path):
    before = seed(path)
    facts = json.loads(path.read_text())
    facts["tenants"][0]["environments"] = []
    path.write_text(json.dumps(facts))

    after = seed(path)

    lost, found = (facts["tenants"][0]["environments"] for facts in (before, after))
    assert [one["id"] for one in found] == [one["id"] for one in lost]
    assert found[0]["secret_key"] != lost[0]["secret_key"]
    assert works(found[0]["secret_key"])
    assert after["tenants"][1] == before["tenants"][1]


def test_a_user_with_another_password_is_left_alone(path):
    services.create_user(email="operator@fincloud.test", password="chosen by somebody")
    rows = counts()

    with pytest.raises(CommandError, match="another password"):
        seed(path)

    assert counts() == rows
    assert not path.exists()


def test_a_tenant_of_somebody_else_is_left_alone(path):
    tenants.add_tenant(name="Acme Robotics", now=clock.now())

    with pytest.raises(CommandError, match="does not belong to it"):
        seed(path)

    assert not Membership.objects.filter(tenant__slug="acme-robotics").exists()
