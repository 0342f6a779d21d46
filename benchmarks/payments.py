"""`make bench-payments`: create-and-confirm in one request, from HTTP to the commit.

Eight clients in a closed loop pay through a running installation (web, worker and beat, PostgreSQL
with fsync). The reference beside it, in alternating rounds, is the retrieval of one payment: the
same web process, key check and rendering, without the writing. Printed: payments a second, p50 and
p99, the SQL statements of one request, and the ratio to the reference.
"""

import argparse
import http.client
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from devtools.place import ROOT
from tests.installation import Installation, installation

CLIENTS = 8
ROUNDS = 5
ROUND_S = 4.0
PAYMENT = urlencode(
    {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
)
Call = Callable[[http.client.HTTPConnection], None]


@dataclass(frozen=True)
class Round:
    """What one round gave: requests a second, and how long each took."""

    per_s: float
    times_ms: list[float]


def main() -> None:
    """Run the benchmark and print its result."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--round-s", type=float, default=ROUND_S)
    round_s = arguments.parse_args().round_s
    with tempfile.TemporaryDirectory() as folder:
        name = "bench_payments"
        with installation(Path(folder), name=name, settings={"WEB_CONCURRENCY": "2"}) as here:
            report(*measure(here, round_s=round_s), statements=count_statements(here))


def measure(here: Installation, *, round_s: float) -> tuple[list[Round], list[Round]]:
    """Return the rounds of payments and of retrievals, in turn."""
    first = _send(_connection(here), "POST", "/v1/payment_intents", here, PAYMENT)
    intent = json.loads(first)["id"]

    def pay(connection: http.client.HTTPConnection) -> None:
        _send(connection, "POST", "/v1/payment_intents", here, PAYMENT)

    def retrieve(connection: http.client.HTTPConnection) -> None:
        _send(connection, "GET", f"/v1/payment_intents/{intent}", here)

    run(here, pay, seconds=1.0)  # connections, plans and caches are warm
    payments, retrievals = [], []
    for number in range(ROUNDS):
        retrievals.append(run(here, retrieve, seconds=round_s))
        payments.append(run(here, pay, seconds=round_s))
        print(
            f"round {number + 1}: {payments[-1].per_s:.0f} payments/s, "
            f"{retrievals[-1].per_s:.0f} retrievals/s",
            flush=True,
        )
    return payments, retrievals


def run(here: Installation, call: Call, *, seconds: float) -> Round:
    """Let all clients repeat `call` for a time."""
    deadline = time.perf_counter() + seconds
    times_ms: list[float] = []
    failures: list[BaseException] = []

    def client() -> None:
        connection = _connection(here)
        try:
            while (started := time.perf_counter()) < deadline:
                call(connection)
                times_ms.append((time.perf_counter() - started) * 1000)
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            failures.append(error)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"A client failed: {failures[0]}\n{here.last_words()}")
    return Round(len(times_ms) / (time.perf_counter() - started), times_ms)


def count_statements(here: Installation) -> int:
    """Return the SQL statements of one create-and-confirm."""
    command = [sys.executable, "-m", "benchmarks.statements", here.secret_key]
    shown = subprocess.run(
        command, cwd=ROOT, env=here.env, check=True, capture_output=True, text=True
    )
    return int(shown.stdout.split()[-1])


def report(payments: list[Round], retrievals: list[Round], *, statements: int) -> None:
    """Print the table, and the cases as the last line."""
    times = sorted(ms for one in payments for ms in one.times_ms)
    per_s = statistics.median(one.per_s for one in payments)
    ratio = statistics.median(
        pay.per_s / get.per_s for pay, get in zip(payments, retrievals, strict=True)
    )
    cases = {
        "per_s": round(per_s, 1),
        "p50_ms": round(times[len(times) // 2], 1),
        "p99_ms": round(times[int(len(times) * 0.99)], 1),
        "sql_statements": statements,
        "vs_retrieve": round(ratio, 3),
    }
    print(f"\n{platform.machine()}, Python {platform.python_version()}, {CLIENTS} clients")
    for case, number in cases.items():
        print(f"{case:>16}  {number}")
    print(json.dumps({"bench": "payments", "cases": cases}))


def _connection(here: Installation) -> http.client.HTTPConnection:
    address = urlsplit(here.base_url)
    return http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)


def _send(
    connection: http.client.HTTPConnection,
    verb: str,
    path: str,
    here: Installation,
    body: str | None = None,
) -> bytes:
    headers = {"Authorization": f"Bearer {here.secret_key}"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Idempotency-Key"] = f"bench-{time.perf_counter_ns()}-{threading.get_ident()}"
    connection.request(verb, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {content[:300]!r}")
    return content


if __name__ == "__main__":
    main()
