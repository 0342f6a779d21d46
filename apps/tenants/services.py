"""Tenants, their environments, and the pool of ready schemas that environments come from."""

import secrets
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils.text import slugify
from django_tenants.utils import quote_schema_name

from apps.core.errors import Invalid, not_found
from apps.core.ids import new_id
from apps.tenants.domain import EnvironmentStatus, FeeSchedule, Kind
from apps.tenants.models import Environment, Plan, Tenant

# Whoever refills the pool holds this advisory lock, so that two refills do not overfill it.
POOL_LOCK = 0x46_43_50_4F_4F_4C  # "FCPOOL"
SLUG_LENGTH = 48
SLUG_ATTEMPTS = 5

STANDARD_PLAN = "Standard"
STANDARD_FEES = FeeSchedule(
    percent_bps=290, fixed_minor={"usd": 30, "eur": 25, "gbp": 20, "jpy": 30}
)


PLAN_NAME_LENGTH = 80
AVAILABLE_AFTER_MAX_S = 366 * 86_400


class LiveEnvironmentExists(Invalid):
    """The tenant has its one live environment already."""

    code = "live_environment_exists"


def standard_plan(*, now: datetime) -> Plan:
    """Return the plan that a tenant has unless another one is chosen; make it the first time."""
    plan, _ = Plan.objects.get_or_create(
        name=STANDARD_PLAN,
        defaults={
            "id": new_id("plan"),
            "fees": {
                "percent_bps": STANDARD_FEES.percent_bps,
                "fixed_minor": STANDARD_FEES.fixed_minor,
            },
            "created_at": now,
        },
    )
    return plan


@transaction.atomic(durable=True)
def save_plan(
    *,
    name: str,
    now: datetime,
    percent_bps: int | None = None,
    fixed_minor: dict[str, int] | None = None,
    dispute_minor: dict[str, int] | None = None,
    available_after_s: int | None = None,
) -> Plan:
    """Make the plan called `name`, or change what is given of it, for payments from now on.

    :param percent_bps: basis points of a payment, 0 to 10,000.
    :param fixed_minor: what comes on top, by currency; one that is not here keeps its own, and 0
        removes it.
    :param dispute_minor: what a dispute costs, by currency, in the same way.
    :param available_after_s: seconds from a payment to the moment its money can be paid out.
    :raises Invalid: the fees are not well-formed, the time is negative or longer than a year, or a
        new plan lacks its percentage.
    """
    plan = Plan.objects.select_for_update().filter(name=name).first()
    if plan is None:
        if not 0 < len(name) <= PLAN_NAME_LENGTH:
            raise Invalid(f"A plan has a name of at most {PLAN_NAME_LENGTH} characters.")
        if percent_bps is None:
            raise Invalid(f"There is no plan called {name}; a new one needs percent_bps.")
        plan = Plan(id=new_id("plan"), name=name, created_at=now, fees={"fixed_minor": {}})
    if percent_bps is not None:
        plan.fees["percent_bps"] = percent_bps
    plan.fees["fixed_minor"] = _merged(plan.fees["fixed_minor"], fixed_minor)
    if dispute_minor:
        plan.fees["dispute_minor"] = _merged(plan.fees.get("dispute_minor", {}), dispute_minor)
    FeeSchedule.from_json(plan.fees)
    if available_after_s is not None:
        if not 0 <= available_after_s <= AVAILABLE_AFTER_MAX_S:
            raise Invalid("available_after_s is from 0 to 31622400: a year.")
        plan.available_after_s = available_after_s
    plan.save()
    return plan


def _merged(present: dict[str, int], given: dict[str, int] | None) -> dict[str, int]:
    return {code: minor for code, minor in {**present, **(given or {})}.items() if minor}


def add_tenant(*, name: str, now: datetime, plan_id: str | None = None) -> Tenant:
    """Write a tenant, in the caller's transaction; its slug is made from its name.

    `accounts.services.create_tenant` is the use case: a tenant with an environment and keys.
    """
    plan_id = plan_id or standard_plan(now=now).pk
    base = slugify(name)[:SLUG_LENGTH] or "tenant"
    for attempt in range(SLUG_ATTEMPTS):
        slug = base if attempt == 0 else f"{base}-{secrets.token_hex(3)}"
        try:
            # The unique column settles the race between two tenants of one name.
            with transaction.atomic():
                return Tenant.objects.create(
                    id=new_id("ten"), name=name, slug=slug, plan_id=plan_id, created_at=now
                )
        except IntegrityError:
            if not Tenant.objects.filter(slug=slug).exists():
                raise
    raise Invalid(f"No free short name was found for {name!r}.", param="name")


def assign_environment(
    *, tenant_id: str, kind: Kind, account_id: str, now: datetime, name: str = ""
) -> Environment:
    """Give a schema of the pool to a tenant, in the caller's transaction.

    With an empty pool the schema is made here, which takes a second instead of milliseconds. The
    use case, which adds the account and the keys, is `accounts.services.create_environment`.

    :raises NotFound: there is no such tenant.
    :raises LiveEnvironmentExists: a second live environment was asked for.
    """
    assert connection.in_atomic_block, "An environment, its account and its keys commit together."
    # The lock on the tenant settles two requests for its one live environment.
    if not Tenant.objects.select_for_update(no_key=True).filter(pk=tenant_id).exists():
        raise not_found("tenant", tenant_id, param="tenant")
    if kind is Kind.LIVE and Environment.objects.filter(tenant=tenant_id, kind=kind).exists():
        raise LiveEnvironmentExists("A tenant has one live environment, and this one has it.")
    environment = _take_pooled() or _make_pooled(now=now)
    Environment.objects.filter(pk=environment.pk).update(
        tenant=tenant_id,
        status=EnvironmentStatus.ACTIVE,
        kind=kind,
        name=name or kind.capitalize(),
        account_id=account_id,
        created_at=now,
    )
    return Environment.objects.select_related("tenant__plan").get(pk=environment.pk)


def refill_pool(*, now: datetime, size: int | None = None) -> int:
    """Make schemas until `size` (SCHEMA_POOL_SIZE) of them wait; return how many were made.

    Each is made in a transaction of its own, so that a crash leaves whole schemas only. While
    another process refills, this one does nothing.
    """
    size = settings.SCHEMA_POOL_SIZE if size is None else size
    made = 0
    while _make_one_more(size=size, now=now):
        made += 1
    return made


def drop_environment(environment_id: str) -> None:
    """Delete an environment with all that it holds: its schema, its keys, its rows in `public`.

    What says so of itself (`outlives_environments`) stays: the audit trail.
    """
    with transaction.atomic(durable=True):
        environment = Environment.objects.select_for_update().get(pk=environment_id)
        for model in apps.get_models():
            if getattr(model, "outlives_environments", False):
                continue
            # The queues that serve all environments name theirs by its id, without a foreign key.
            if _lives_in_public(model) and "environment_id" in {
                field.name for field in model._meta.concrete_fields
            }:
                model._default_manager.filter(environment_id=environment_id).delete()
        Environment.objects.filter(pk=environment.pk).delete()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {quote_schema_name(environment.schema_name)} CASCADE")


def _take_pooled() -> Environment | None:
    """Lock the oldest waiting schema that nobody else is taking."""
    return (
        Environment.objects.select_for_update(skip_locked=True)
        .filter(status=EnvironmentStatus.POOLED)
        .order_by("created_at")
        .first()
    )


@transaction.atomic(durable=True)
def _make_one_more(*, size: int, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [POOL_LOCK])
        (is_ours,) = cursor.fetchone()
    waiting = Environment.objects.filter(status=EnvironmentStatus.POOLED).count()
    if not is_ours or waiting >= size:
        return False
    _make_pooled(now=now)
    return True


def _make_pooled(*, now: datetime) -> Environment:
    """Make a migrated schema and its row, in the caller's transaction: a crash leaves neither.

    PostgreSQL rolls tables back like rows, so there are no half-made schemas to clean up. A
    migration of an environment must therefore be atomic, which in an empty schema costs nothing.
    """
    schema = f"env_{secrets.token_hex(8)}"
    previous = connection.tenant  # type: ignore[attr-defined]
    try:
        # Without `public` in the path, so that its table of migrations is not taken for this one's.
        connection.set_schema(schema, include_public=False)  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {quote_schema_name(schema)}")
        MigrationRecorder(connection).ensure_schema()
        connection.set_schema(schema)  # type: ignore[attr-defined]
        _migrate()
    finally:
        connection.set_tenant(previous)  # type: ignore[attr-defined]
    environment = Environment(id=new_id("env"), schema_name=schema, created_at=now)
    return Environment.objects.bulk_create([environment])[0]


def _migrate() -> None:
    """Run the migrations of the environments' apps in the current, empty schema.

    Those of the other apps are only noted: the router keeps their tables out of an environment, so
    running them would do nothing, and takes half of the time.
    """
    executor = MigrationExecutor(connection)
    graph, recorder = executor.loader.graph, executor.recorder
    ours = {app.label for app in apps.get_app_configs() if app.name in settings.TENANT_APPS}
    executor.migrate([node for node in graph.leaf_nodes() if node[0] in ours])
    noted = recorder.applied_migrations()
    recorder.migration_qs.bulk_create(
        recorder.Migration(app=label, name=name)
        for label, name in graph.nodes
        if (label, name) not in noted
    )


def _lives_in_public(model: type) -> bool:
    meta = model._meta  # type: ignore[attr-defined]
    if meta.app_label in settings.APPS_ON_BOTH_SIDES:
        return meta.label_lower in settings.PUBLIC_MODELS
    return meta.app_config.name in settings.SHARED_APPS
