"""`/healthz` and `/readyz`, with servers that are there, away, and hanging."""

import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from apps.ledger.models import LedgerVerification
from devtools import processes, redis
from devtools.place import Place
from fincloud import health
from tests.installation import own_redis

ANSWER_TIME_S_MAX = health.DEADLINE_S + 1.0
CHECKS = {"database", "ledger", "migrations", "oldest_undelivered_event", "redis"}


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path, durable=False)


@pytest.fixture
def own(place, settings) -> Iterator[Place]:
    """Make a Redis that a test may stop the one that the product uses."""
    with own_redis(place) as url:
        settings.REDIS_URL = url
        yield place


@pytest.fixture
def silent_server() -> Iterator[int]:
    """Return a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield server.getsockname()[1]
    for probe in (health._DATABASE, health._REDIS):
        probe.start()[0].join(10)


@pytest.fixture
def database_at(monkeypatch):
    """Return a function that sends new connections of the database to another port."""

    def move(port: int) -> None:
        target = connections.settings["default"]
        monkeypatch.setitem(target, "HOST", "127.0.0.1")
        monkeypatch.setitem(target, "PORT", port)
        monkeypatch.setitem(target, "OPTIONS", {})

    return move


def ask() -> tuple[int, dict[str, dict[str, Any]], float]:
    """Return status, checks and seconds of `/readyz`."""
    started = time.monotonic()
    response = Client().get("/readyz")
    return response.status_code, response.json()["checks"], time.monotonic() - started


def test_alive_needs_nothing(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = Client().get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert response["Request-Id"].startswith("req_")


@pytest.mark.django_db
def test_ready_names_every_check_with_its_state_and_duration():
    status, checks, _ = ask()

    assert (status, set(checks)) == (200, CHECKS)
    assert {check["state"] for check in checks.values()} == {"ok"}
    assert all(0 <= check["duration_ms"] < 2_000 for check in checks.values())
    assert checks["oldest_undelivered_event"]["age_s"] >= 0


@pytest.mark.django_db
def test_a_redis_that_is_away_is_named_and_comes_back(own):
    redis.stop(own)
    status, checks, _ = ask()
    assert status == 503
    assert checks["redis"]["state"] == "unavailable"
    assert checks["database"]["state"] == "ok"


@pytest.mark.django_db
def test_a_redis_that_hangs_does_not_hang_the_answer(own):
    (server,) = processes.working_in(own.folder / "redis", name="redis-server")
    server.send_signal(signal.SIGSTOP)
    try:
        status, checks, duration_s = ask()
    finally:
        server.send_signal(signal.SIGCONT)

    assert status == 503
    assert checks["redis"]["state"] == "unavailable"
    assert duration_s < ANSWER_TIME_S_MAX
    assert ask()[0] == 200


@pytest.mark.django_db
def test_a_database_that_is_away_is_named(database_at):
    database_at(processes.free_port())

    status, checks, _ = ask()

    assert status == 503
    assert checks["database"]["state"] == "unavailable"
    assert checks["redis"]["state"] == "ok"


@pytest.mark.django_db
def test_a_database_that_hangs_does_not_hang_the_answer_nor_pile_up_threads(
    database_at, silent_server
):
    database_at(silent_server)

    answers = [ask() for _ in range(2)]

    for status, checks, duration_s in answers:
        assert status == 503
        assert checks["database"]["state"] == "no_answer"
        assert checks["redis"]["state"] == "ok"
        assert duration_s < ANSWER_TIME_S_MAX


@pytest.mark.django_db
def test_what_went_wrong_is_not_told_to_strangers(database_at, settings):
    database_at(processes.free_port())
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"

    told = Client().get("/readyz").content.decode()

    for secret in ("hunter2", "127.0.0.1", "refused", "Error", connection.settings_dict["NAME"]):
        assert secret not in told


def test_an_environment_that_was_not_migrated_is_seen(committed_environment, monkeypatch):
    # What this process has seen current is not looked at again: let it look anew.
    monkeypatch.setattr(health, "_current_schemas", set())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'payments'")

    status, checks, _ = ask()

    assert status == 503
    assert checks["migrations"]["state"] == "behind"
    assert checks["migrations"]["schemas_behind"] == 1


@pytest.mark.parametrize(("states", "shown"), [(["ok", "new"], "ok"), (["drift", "ok"], "drift")])
def test_a_book_that_does_not_add_up_is_shown_and_serves_on(commits, states, shown):
    for number, state in enumerate(states):
        LedgerVerification.objects.create(environment_id=f"env_{number}", state=state)
    try:
        status, checks, _ = ask()
    finally:
        LedgerVerification.objects.filter(environment_id__in=["env_0", "env_1"]).delete()

    assert status == 200
    assert checks["ledger"]["state"] == shown
    assert checks["ledger"]["environments_with_drift"] == states.count("drift")
