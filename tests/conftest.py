"""Fixtures for all tests: environments, a client of the API, and what was rung."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.conf import settings
from django.db import connection, connections

from apps.accounts.services import OpenedEnvironment
from apps.core import context, doorbell
from apps.core.context import Hosted
from apps.tenants import queries as tenant_queries
from apps.tenants import services as tenants
from fincloud.celery import app as celery_app
from tests import databases, factories
from tests.client import ApiClient
from tests.installation import Installation, installation


@pytest.fixture(scope="session", autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prepare what an installation has around the processes."""
    # A broker in memory: a doorbell is heard by `jobs_rung`, and by no worker of anybody else.
    celery_app.conf.update(broker_url="memory://")
    # Tasks are known by name, as a worker knows them: a test may run whatever job there is.
    celery_app.loader.import_default_modules()
    # Each test sees what it has just done to a key; `tests/identity` looks at the cache.
    settings.API_KEY_CACHE_S = 0
    # A slow hash is right for passwords, and wrong for tests that make a dozen users.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # WhiteNoise warns, and a warning is an error here, where static files were never collected.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    # What the tests upload.
    settings.MEDIA_ROOT = str(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, worker_id: str) -> Iterator[None]:
    """Give this session a copy of the migrated database (pytest-django's hook)."""
    with (
        django_db_blocker.unblock(),
        databases.copy(worker_id) as name,
        databases.connected_to(name),
        django_db_blocker.block(),
    ):
        yield


@dataclass(frozen=True, slots=True)
class Opened:
    """The environments of a session: two of one tenant, one of another."""

    sandbox: OpenedEnvironment
    live: OpenedEnvironment
    other: OpenedEnvironment


@pytest.fixture(scope="session")
def opened(django_db_setup: None, django_db_blocker: Any) -> Opened:
    """Open the session's environments, once, with commits."""
    with django_db_blocker.unblock():
        sandbox, live = factories.make_tenant(name="Aster Press", is_live=True).environments
        (other,) = factories.make_tenant(name="Birch Tools").environments
    return Opened(sandbox=sandbox, live=live, other=other)


@pytest.fixture
def environment(db: None, opened: Opened) -> Iterator[Hosted]:
    """A sandbox: its schema and context are current, and all that is done in it is rolled back."""
    with context.enter(opened.sandbox.environment, by="system"):
        yield opened.sandbox.environment


@pytest.fixture
def live_environment(db: None, opened: Opened) -> Hosted:
    """The live environment of the same tenant. Not current: open it with `context.enter`."""
    return opened.live.environment


@pytest.fixture
def other_environment(db: None, opened: Opened) -> Hosted:
    """A sandbox of another tenant. Not current: open it with `context.enter`."""
    return opened.other.environment


@pytest.fixture
def commits(
    request: pytest.FixtureRequest, django_db_blocker: Any, opened: Opened
) -> Iterator[None]:
    """Let the test commit, as threads need it; the environments that it opens are dropped.

    Take this (or `committed_environment`) instead of `django_db(transaction=True)`, which empties
    all tables by TRUNCATE: the ledger refuses that. What a test commits elsewhere in `public`, it
    cleans up itself.
    """
    if "db" in request.fixturenames:
        pytest.fail("A test either commits or is rolled back: take one kind of environment.")
    kept = {one.environment.id for one in (opened.sandbox, opened.live, opened.other)}
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            for environment in tenant_queries.list_environments().exclude(pk__in=kept):
                tenants.drop_environment(environment.id)
            connections.close_all()


@pytest.fixture
def open_committed(commits: None) -> Callable[[], OpenedEnvironment]:
    """Open environments with real commits, as many as the test needs."""

    def open_one() -> OpenedEnvironment:
        (one,) = factories.make_tenant().environments
        return one

    return open_one


@pytest.fixture
def committed(open_committed: Callable[[], OpenedEnvironment]) -> OpenedEnvironment:
    """An environment with real commits, with the secrets of its keys. Not current."""
    return open_committed()


@pytest.fixture
def committed_environment(committed: OpenedEnvironment) -> Iterator[Hosted]:
    """An environment with real commits, and current. It is dropped at the end."""
    with context.enter(committed.environment, by="system"):
        yield committed.environment


@pytest.fixture
def api(environment: Hosted, opened: Opened) -> ApiClient:
    """A client of `/v1` with the secret key of `environment`."""
    return ApiClient(opened.sandbox.secret_key)


@pytest.fixture
def publishable_api(environment: Hosted, opened: Opened) -> ApiClient:
    """A client of `/v1` with the publishable key of `environment`, as a browser has it."""
    return ApiClient(opened.sandbox.publishable_key)


@pytest.fixture
def other_api(other_environment: Hosted, opened: Opened) -> ApiClient:
    """A client of `/v1` with the secret key of `other_environment`."""
    return ApiClient(opened.other.secret_key)


@pytest.fixture
def live_api(live_environment: Hosted, opened: Opened) -> ApiClient:
    """A client of `/v1` with the secret key of `live_environment`."""
    return ApiClient(opened.live.secret_key)


@dataclass
class Rung:
    """The doorbells that were rung, `(task, kwargs)` each, in their order."""

    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self) -> list[tuple[str, dict[str, Any]]]:
        """Return them. In a test that is rolled back, this is the moment when it commits."""
        while connection.in_atomic_block and connection.run_on_commit:
            _, callback, *_ = connection.run_on_commit.pop(0)
            callback()
        return self.heard

    def hear(self, sender: str, body: tuple[Any, dict[str, Any], Any], **_: Any) -> None:
        """Note a message that is being sent (Celery's signal)."""
        self.heard.append((sender, body[1]))


@pytest.fixture
def jobs_rung() -> Iterator[Rung]:
    """What `jobs.enqueue` has rung for: `jobs_rung() == [("webhooks.dispatch", {})]`."""
    rung = Rung()
    doorbell.answer("webhooks.dispatch")  # what rang for the test before is over
    before_task_publish.connect(rung.hear)
    try:
        yield rung
    finally:
        before_task_publish.disconnect(rung.hear)


@pytest.fixture(scope="session")
def live(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, django_db_blocker: Any
) -> Iterator[Installation]:
    """Return a running installation: real processes, on a database of their own.

    Whoever takes it is in the group "live", so that one is enough for a run.
    """
    folder = tmp_path_factory.mktemp("live")
    with django_db_blocker.unblock(), installation(folder, name=f"live_{worker_id}") as here:
        django_db_blocker.block()
        yield here
