"""`/healthz` and `/readyz`: is this process alive, and could it serve a request now?

Readiness asks PostgreSQL and Redis on connections of its own, in threads of its own, and waits for
a bounded time: a server that hangs must not hang the answer. It says a state and a duration for
each check; what went wrong is in the logs: an exception may say more than a stranger should read.
"""

import threading
import time
from collections.abc import Callable
from functools import cache

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django_tenants.utils import get_public_schema_name, get_tenant_model
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.core import clock
from apps.ledger import queries as ledger
from apps.webhooks import queries as webhooks

log = structlog.get_logger(__name__)

DEADLINE_S = 2.0
# An event that nobody took up for longer is late. That is shown, and it does not make this process
# unready: to take it out of the rotation would deliver nothing.
EVENT_AGE_S_MAX = 300.0
# Neither does a book that does not add up: all processes see the same books, and without any of
# them nothing could be read, nor the other books be posted to. That book takes no postings anyway.
READY = ("ok", "late", "drift")
SCHEMAS_PER_QUERY = 200

Result = dict[str, object]
Check = Callable[[], Result]


def healthz(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers. Nothing else is asked, so that an outage restarts nothing."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Say whether a request could be served: 200 if every check passes, otherwise 503."""
    results = _run([_DATABASE, _REDIS])
    is_ready = all(result["state"] in READY for result in results.values())
    response = JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": results},
        status=200 if is_ready else 503,
    )
    # Django would log every 503 as an error of ours, once a second while something is away.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


class _Probe:
    """Checks that run one after the other in a thread, at most one such thread at a time.

    A thread that hangs is not waited for, and not joined by a second one: however often one asks
    about a server that hangs, one thread waits for it.
    """

    def __init__(self, checks: dict[str, Check], *, at_end: Callable[[], None]) -> None:
        self.checks = checks
        self._at_end = at_end
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._results: dict[str, Result] = {}

    def start(self) -> tuple[threading.Thread, dict[str, Result]]:
        """Begin the checks, unless the last ones still run; return the thread and what it fills."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._results = {}
                self._thread = threading.Thread(
                    target=self._work, args=(self._results,), name="readiness", daemon=True
                )
                self._thread.start()
            return self._thread, self._results

    def _work(self, results: dict[str, Result]) -> None:
        try:
            for name, check in self.checks.items():
                started = time.monotonic()
                try:
                    result = check()
                except (DatabaseError, redis.RedisError, OSError) as error:
                    log.warning("not_ready", check=name, error=type(error).__name__)
                    result = {"state": "unavailable"}
                duration_ms = round((time.monotonic() - started) * 1000, 1)
                results[name] = {**result, "duration_ms": duration_ms}
        finally:
            self._at_end()


def _run(probes: list[_Probe]) -> dict[str, Result]:
    """Run all probes side by side, until all have ended or the deadline is reached."""
    deadline = time.monotonic() + DEADLINE_S
    running = [probe.start() for probe in probes]
    for thread, _ in running:
        thread.join(max(0.0, deadline - time.monotonic()))
    silent: Result = {"state": "no_answer", "duration_ms": DEADLINE_S * 1000}
    return {
        name: results.get(name, silent)
        for probe, (_, results) in zip(probes, running, strict=True)
        for name in probe.checks
    }


def _database() -> Result:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"state": "ok"}


def _redis() -> Result:
    timeout_s = DEADLINE_S / 2
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=timeout_s,
        socket_timeout=timeout_s,
        # The library would ask again for ten seconds; whoever asks for readiness asks again anyway.
        retry=Retry(NoBackoff(), retries=0),
    ) as client:
        client.ping()
    return {"state": "ok"}


def _oldest_event() -> Result:
    age_s = webhooks.oldest_undelivered_age_s(now=clock.now())
    return {"state": "late" if age_s > EVENT_AGE_S_MAX else "ok", "age_s": round(age_s, 1)}


def _ledger() -> Result:
    drifting = ledger.count_drifting()
    return {"state": "drift" if drifting else "ok", "environments_with_drift": drifting}


# Schemas that were seen with every migration of this release. Migrations are not taken back under a
# running process, so a schema is looked at until it is current, and then no more.
_current_schemas: set[str] = set()


def _migrations() -> Result:
    environments = get_tenant_model().objects.values_list("schema_name", flat=True)
    schemas = {get_public_schema_name(), *environments} - _current_schemas
    behind = 0
    for batch in _batches(sorted(schemas)):
        current = _current_of(batch)
        _current_schemas.update(current)
        behind += len(batch) - len(current)
    return {"state": "behind", "schemas_behind": behind} if behind else {"state": "ok"}


def _batches(schemas: list[str]) -> list[list[str]]:
    starts = range(0, len(schemas), SCHEMAS_PER_QUERY)
    return [schemas[start : start + SCHEMAS_PER_QUERY] for start in starts]


def _current_of(schemas: list[str]) -> set[str]:
    """Return those of `schemas` in which every migration of this release is recorded."""
    names = _migration_names()
    one = sql.SQL(
        "SELECT {name} FROM {table}"
        " WHERE app || '.' || name = ANY(%(names)s) HAVING count(*) = %(count)s"
    )
    with connection.cursor() as cursor:
        # A schema that is being made may have no tables yet.
        cursor.execute(
            "SELECT schemaname FROM pg_tables"
            " WHERE tablename = 'django_migrations' AND schemaname = ANY(%s)",
            [schemas],
        )
        migrated = [row[0] for row in cursor.fetchall()]
        if not migrated:
            return set()
        query = sql.SQL(" UNION ALL ").join(
            one.format(name=sql.Literal(schema), table=sql.Identifier(schema, "django_migrations"))
            for schema in migrated
        )
        cursor.execute(query, {"names": names, "count": len(names)})
        return {row[0] for row in cursor.fetchall()}


@cache
def _migration_names() -> list[str]:
    """Return the migrations of this release: reading them takes a moment, and they stay."""
    graph = MigrationLoader(None).graph
    return sorted(f"{app}.{name}" for app, name in graph.nodes)


_DATABASE = _Probe(
    {
        "database": _database,
        "migrations": _migrations,
        "oldest_undelivered_event": _oldest_event,
        "ledger": _ledger,
    },
    # The thread ends, and its connection with it: no request will ever use it again.
    at_end=lambda: connection.close(),
)
_REDIS = _Probe({"redis": _redis}, at_end=lambda: None)
