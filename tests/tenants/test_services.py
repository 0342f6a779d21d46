"""The pool of schemas, and how an environment is taken from it and dropped."""

from datetime import UTC, datetime
from functools import partial
from threading import Thread

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext

from apps.accounts import services as accounts
from apps.accounts.models import Account
from apps.core import context, jobs
from apps.core.errors import DomainError, NotFound
from apps.core.ids import new_id
from apps.core.models import Job
from apps.identity import services as identity
from apps.identity.models import ApiKey, AuditEntry
from apps.tenants import services
from apps.tenants.domain import EnvironmentStatus, Kind
from apps.tenants.models import Environment, Tenant
from apps.tenants.tasks import refill_pool
from tests import factories
from tests.races import at_once

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RACERS = 20
STATEMENTS_MAX = 20


def schemas() -> set[str]:
    """Return the schemas of environments that the database has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'env_')")
        return {name for (name,) in cursor.fetchall()}


def rows() -> set[str]:
    return set(Environment.objects.values_list("schema_name", flat=True))


def waiting() -> int:
    return Environment.objects.filter(status=EnvironmentStatus.POOLED).count()


def set_pool(size: int) -> None:
    """Leave exactly `size` schemas in the pool."""
    pooled = Environment.objects.filter(status=EnvironmentStatus.POOLED)
    for environment in pooled[size:]:
        services.drop_environment(environment.pk)
    services.refill_pool(now=NOW, size=size)


def open_sandbox(tenant_id: str) -> accounts.OpenedEnvironment:
    return accounts.create_environment(tenant_id=tenant_id, kind=Kind.SANDBOX, by="system", now=NOW)


@pytest.fixture
def tenant(commits: None) -> Tenant:
    return services.add_tenant(name="Cobalt Cycles", now=NOW)


def test_a_new_environment_has_an_account_and_two_keys(commits):
    opened = factories.make_tenant(name="Dune Design").environments[0]

    with context.enter(opened.environment, by="system"):
        account = Account.objects.owned().get()
    assert account.pk == account.account_id == opened.environment.account_id
    assert account.business_name == "Dune Design"
    kinds = ApiKey.objects.filter(environment=opened.environment.id).values_list("kind", flat=True)
    assert sorted(kinds) == ["publishable", "secret"]
    assert opened.secret_key.startswith("sk_test_")
    assert opened.publishable_key.startswith("pk_test_")


def test_a_live_environment_has_live_keys(commits):
    _, live = factories.make_tenant(is_live=True).environments

    assert live.environment.livemode
    assert live.secret_key.startswith("sk_live_")


def test_an_environment_from_the_pool_costs_few_statements(tenant):
    set_pool(1)
    with CaptureQueriesContext(connection) as captured:
        open_sandbox(tenant.pk)

    # Making a schema takes hundreds of statements, and far longer than the 200 ms of a promise.
    assert len(captured) <= STATEMENTS_MAX, [query["sql"] for query in captured]


def test_with_an_empty_pool_the_schema_is_made(tenant):
    set_pool(0)

    environment = open_sandbox(tenant.pk).environment

    assert environment.schema_name in schemas()


def test_two_tenants_of_one_name_have_different_slugs(commits):
    added = at_once(*[partial(services.add_tenant, name="Echo", now=NOW)] * 2)

    assert len({tenant.slug for tenant in added}) == 2


def test_an_unknown_tenant_gets_nothing(commits):
    before = schemas()

    with pytest.raises(NotFound):
        open_sandbox("ten_nobody")

    assert schemas() == before


def test_a_tenant_has_one_live_environment_even_in_a_race(tenant):
    set_pool(2)
    open_live = partial(
        accounts.create_environment, tenant_id=tenant.pk, kind=Kind.LIVE, by="system", now=NOW
    )

    results = at_once(open_live, open_live)

    refused = [result for result in results if isinstance(result, DomainError)]
    assert [error.code for error in refused] == ["live_environment_exists"]
    assert Environment.objects.filter(tenant=tenant, kind=Kind.LIVE).count() == 1


def test_two_who_want_the_last_schema_get_one_each(commits):
    set_pool(1)
    first, second = (services.add_tenant(name=name, now=NOW) for name in ("Fig", "Gale"))

    results = at_once(partial(open_sandbox, first.pk), partial(open_sandbox, second.pk))

    taken = {result.environment.schema_name for result in results}
    assert len(taken) == 2
    assert taken <= schemas()
    assert waiting() == 0


def test_many_environments_at_once_are_all_different(tenant, opened):
    ready = add_thin_schemas(RACERS, like=opened.sandbox.environment.schema_name)

    results = at_once(*[partial(open_sandbox, tenant.pk)] * RACERS)

    failures = [result for result in results if isinstance(result, Exception)]
    assert failures == []
    assert {result.environment.schema_name for result in results} == ready
    assert len({result.environment.account_id for result in results}) == RACERS
    assert rows() == schemas()


def add_thin_schemas(count: int, *, like: str) -> set[str]:
    """Add schemas that are next in the pool, with the one table that opening an environment writes.

    Twenty whole ones would take a quarter of a minute, and be taken in the same way.
    """
    names = [f"env_thin_{number}" for number in range(count)]
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"CREATE SCHEMA {name}")
            cursor.execute(
                f"CREATE TABLE {name}.accounts_account (LIKE {like}.accounts_account INCLUDING ALL)"
            )
    Environment.objects.bulk_create(
        Environment(id=new_id("env"), schema_name=name, created_at=LONG_AGO) for name in names
    )
    return set(names)


def test_a_full_pool_is_left_alone(commits):
    set_pool(2)

    assert services.refill_pool(now=NOW, size=2) == 0
    assert waiting() == 2


def test_two_refills_do_not_overfill(commits):
    set_pool(0)

    at_once(*[partial(services.refill_pool, now=NOW, size=2)] * 3)

    assert waiting() == 2
    assert rows() == schemas()


def test_the_task_fills_the_pool_to_its_size(commits, settings):
    settings.SCHEMA_POOL_SIZE = 1
    set_pool(0)

    refill_pool(argument_of_a_later_release=1)

    assert waiting() == 1


def test_a_refill_that_dies_leaves_no_half_made_schema(commits):
    set_pool(0)
    before = schemas()
    died: list[Exception] = []
    backend: list[int] = []

    def refill() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend.extend(cursor.fetchone())
        try:
            services.refill_pool(now=NOW, size=1)
        except OperationalError as error:
            died.append(error)
        finally:
            connection.close()

    thread = Thread(target=refill)
    thread.start()
    kill_in_transaction(backend, thread)
    thread.join()

    assert died
    assert schemas() == before
    assert rows() == before
    assert services.refill_pool(now=NOW, size=1) == 1


def kill_in_transaction(backend: list[int], thread: Thread) -> None:
    """Kill the connection of `thread` as soon as it has made a table in its transaction."""
    has_tables = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s"
        " AND (SELECT count(*) FROM pg_locks WHERE pg_locks.pid = pg_stat_activity.pid"
        "      AND mode = 'AccessExclusiveLock') > 5"
    )
    while thread.is_alive():
        if backend:
            with connection.cursor() as cursor:
                cursor.execute(has_tables, backend)
                if cursor.fetchone():
                    return


def test_a_dropped_environment_leaves_nothing(committed_environment):
    jobs.schedule(jobs.Due(key="test:drop", task="core.run_due_jobs", due_at=NOW))
    environment = committed_environment

    services.drop_environment(environment.id)

    assert environment.schema_name not in schemas() | rows()
    assert not ApiKey.objects.filter(environment=environment.id).exists()
    assert not Job.objects.filter(environment_id=environment.id).exists()


def test_the_audit_trail_of_a_dropped_environment_stays(committed_environment):
    with transaction.atomic():
        identity.record_audit("ledger.period.closed", object_id="lper_1", now=NOW)

    services.drop_environment(committed_environment.id)

    (entry,) = AuditEntry.objects.filter(environment_id=committed_environment.id)
    assert entry.object_id == "lper_1"


def test_migrate_schemas_serves_public_pool_and_environments(committed_environment):
    set_pool(1)
    tables = [model._meta.db_table for model in apps.get_app_config("accounts").get_models()]
    with connection.cursor() as cursor:
        for schema in schemas():
            cursor.execute(f'DELETE FROM "{schema}".django_migrations WHERE app = %s', ["accounts"])
            for table in tables:
                cursor.execute(f'DROP TABLE "{schema}"."{table}" CASCADE')

    call_command("migrate_schemas", interactive=False, verbosity=0)

    for environment in Environment.objects.all():
        with context.enter(environment, by="system"):
            assert not Account.objects.filter(pk="acct_nobody").exists()
