"""`ledger.post` called in Python and over HTTP: how many a second, and where the time goes."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction

from apps.core import context
from apps.core.ids import new_id
from apps.core.money import Money
from apps.ledger import services
from apps.ledger.domain import Posting, chart
from apps.tenants import queries as tenants
from devtools.place import ROOT
from tests import databases
from tests.installation import Installation, installation

PROCESSES = 4
THREADS = 4
ALONE = 500
_ONE = Money(1, "usd")


@dataclass(frozen=True)
class Layers:
    """Milliseconds of one call, by one caller alone: medians of the parts.

    :ivar python: of `ledger.post`, without the statement; `commit` has the wait for the disk.
    :ivar http: of a request, without the three others: HTTP, key, idempotency, what is looked up
        and shown.
    """

    statement: float
    python: float
    commit: float
    http: float


def post_once() -> None:
    """Post to two accounts that everybody posts to, in a transaction of its own."""
    with transaction.atomic():
        _post()


def python_per_s(*, seconds: float) -> float:
    """Return how many calls a second all processes and their threads make."""
    command = [sys.executable, "-m", "benchmarks.ledger.poster", str(seconds), str(THREADS)]
    posters = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    # Each prints how many it made a second: they begin together, once Django is up in all.
    return sum(float(poster.communicate()[0].split()[-1]) for poster in posters)


def python_in_threads(*, seconds: float, threads: int) -> float:
    """Return how many calls a second the threads of this process make."""
    with databases.connected_to(os.environ["BENCH_DATABASE"]):
        environment = tenants.list_environments().get()

        def post() -> None:
            with context.enter(environment, by="system"):
                post_once()

        post()
        # All processes begin at the same whole five seconds.
        time.sleep(5 - time.time() % 5)
        return in_threads(post, threads=threads, seconds=seconds)


def in_threads(call: Callable[[], None], *, threads: int, seconds: float) -> float:
    """Let threads repeat `call` for a time; return how many calls a second they made."""
    made, failures = [0] * threads, list[BaseException]()
    deadline = time.perf_counter() + seconds

    def work(number: int) -> None:
        try:
            while time.perf_counter() < deadline:
                call()
                made[number] += 1
        except Exception as error:  # noqa: BLE001  # told below
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise RuntimeError(f"A caller failed: {failures[0]!r}")
    return sum(made) / (time.perf_counter() - started)


def http_per_s(*, seconds: float) -> tuple[float, Layers]:
    """Return requests a second of all clients, and the layers of one request by one client."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"WEB_CONCURRENCY": "2"}
        with installation(Path(folder), name="bench_ledger", settings=settings) as here:
            for code, kind in (("cash", "asset"), ("sales", "revenue")):
                _ask(_Client(here), "accounts", {"code": code, "kind": kind, "currency": "usd"})
            clients = threading.local()

            def post() -> None:
                if not hasattr(clients, "own"):
                    clients.own = _Client(here)
                _ask(clients.own, "transactions", _BODY)

            in_threads(post, threads=THREADS, seconds=1)
            per_s = in_threads(post, threads=PROCESSES * THREADS, seconds=seconds)
            return per_s, _layers(post)


def _layers(request: Callable[[], None]) -> Layers:
    """Take the layers apart, with one caller."""
    statements, calls, commits, requests = [], [], [], []

    def timed(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append(time.perf_counter() - started)

    for _ in range(ALONE):
        with transaction.atomic():
            started = time.perf_counter()
            with connection.execute_wrapper(timed):
                _post()
            calls.append(time.perf_counter() - started)
            started = time.perf_counter()
        commits.append(time.perf_counter() - started)
    for _ in range(ALONE):
        started = time.perf_counter()
        request()
        requests.append(time.perf_counter() - started)
    statement, call, commit, whole = (
        median(times) * 1000 for times in (statements, calls, commits, requests)
    )
    return Layers(statement, call - statement, commit, whole - call - commit)


def _post() -> None:
    services.post(
        [Posting(chart.bank_settlement(), chart.platform_fees(), _ONE)], reference=new_id("bench")
    )


_BODY = {"postings": [{"debit": "cash", "credit": "sales", "amount": 1, "currency": "usd"}]}


class _Client(http.client.HTTPConnection):
    """A connection to the installation, with its key."""

    def __init__(self, here: Installation) -> None:
        address = urlsplit(here.base_url)
        super().__init__(address.hostname or "", address.port)
        self.headers = {
            "Authorization": f"Bearer {here.secret_key}",
            "Content-Type": "application/json",
        }


def _ask(client: _Client, what: str, body: dict[str, Any]) -> None:
    headers = {**client.headers, "Idempotency-Key": new_id("bench")}
    client.request("POST", f"/v1/ledger/{what}", json.dumps(body), headers)
    response = client.getresponse()
    shown = response.read()
    if response.status != 200:
        raise RuntimeError(f"{response.status}: {shown[:300]!r}")
