"""The databases of the tests: migrated once, then copied for whoever runs tests.

A template is made for each state of the migrations and kept between runs; a copy of it takes a
tenth of a second. A copy is its session's alone, so that what one worker commits is not swept up,
locked or delivered by another one, and every session starts from the same rows.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import environ
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from apps.core import clock
from apps.tenants import services as tenants

APPS = Path(settings.BASE_DIR) / "apps"
TEMPLATE = "fincloud_template_"
COPY = "fincloud_copy_"
# Schemas that wait in every copy: three for the session's environments, others to commit in.
POOLED = 6


@contextmanager
def copy(whose: str) -> Iterator[str]:
    """Make a database from the template, for as long as the block lasts; yield its name.

    :param whose: distinguishes copies that one process makes.
    """
    name = f"{COPY}{os.getpid()}_{whose}"
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
        # The lock says that somebody uses the database; PostgreSQL gives it back if we die.
        server.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        with _alone(server):
            template = TEMPLATE + fingerprint()
            _drop_leftovers(server, keep=template)
            if not _exists(server, template):
                _make_template(server, template)
            _execute(server, "CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield name
        finally:
            drop(server, name)


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Let Django use the database `name` inside the block, in every thread."""
    previous = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = previous


@contextmanager
def connected_to_server(url: str) -> Iterator[None]:
    """Let Django use another server inside the block, in every thread."""
    previous = dict(connection.settings_dict)
    other = environ.Env.db_url_config(url)
    connection.close()
    # The options of ours that have nothing to do with the place stay.
    options = {**previous["OPTIONS"], **other.pop("OPTIONS", {})}
    connection.settings_dict.update({**other, "OPTIONS": options, "ENGINE": previous["ENGINE"]})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(previous)


def drop(server: psycopg.Connection, name: str) -> None:
    """Drop a database, and whoever of us is still connected to it.

    `WITH (FORCE)` would fail where autovacuum, which is not ours to end, is at work.
    """
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND usename = current_user",
        [name],
    )
    _execute(server, "DROP DATABASE IF EXISTS {}", name)


def url_of(name: str) -> str:
    """Return DATABASE_URL with another database in it, for processes that a test starts."""
    before, _, query = settings.DATABASE_URL.partition("?")
    server = before.rpartition("/")[0]
    return f"{server}/{name}" + (f"?{query}" if query else "")


def fingerprint() -> str:
    """Return what changes whenever a migration changes."""
    digest = hashlib.sha256(django.__version__.encode())
    for path in sorted([*APPS.glob("*/migrations/*.py"), *APPS.glob("*/sql/**/*.sql")]):
        digest.update(str(path.relative_to(APPS)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _make_template(server: psycopg.Connection, template: str) -> None:
    """Migrate under another name, so that a template with the right name is a whole one."""
    unfinished = f"{template}_unfinished"
    drop(server, unfinished)
    _execute(server, "CREATE DATABASE {}", unfinished)
    with connected_to(unfinished):
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        tenants.refill_pool(now=clock.now(), size=POOLED)
    _execute(server, "ALTER DATABASE {} RENAME TO {}", unfinished, template)


def _drop_leftovers(server: psycopg.Connection, *, keep: str) -> None:
    """Drop the copies of sessions that died, and the templates of other migrations."""
    # A name whose lock can be had belongs to nobody alive. (The locks end with this connection.)
    unused = server.execute(
        "SELECT datname FROM pg_database WHERE datname <> %s"
        " AND (starts_with(datname, %s) OR starts_with(datname, %s))"
        " AND pg_try_advisory_lock(hashtextextended(datname, 0))",
        [keep, TEMPLATE, COPY],
    ).fetchall()
    for (name,) in unused:
        drop(server, name)


@contextmanager
def _alone(server: psycopg.Connection) -> Iterator[None]:
    """Hold the lock of whoever makes databases: two cannot copy or migrate at once."""
    server.execute("SELECT pg_advisory_lock(hashtextextended('fincloud tests', 0))")
    try:
        yield
    finally:
        server.execute("SELECT pg_advisory_unlock(hashtextextended('fincloud tests', 0))")


def _exists(server: psycopg.Connection, name: str) -> bool:
    return bool(server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount)


def _execute(server: psycopg.Connection, statement: str, *names: str) -> None:
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
