"""`make bench-payments`: create-and-confirm in one request, from HTTP to the commit.

- At a constant rate of 40 a second: how long each takes, from the instant at which it was to be
  sent (`p50_ms`, `p99_ms`).
- Eight clients, each of which waits for its answer: beside `localstripe`, a fake of the same API
  that keeps no ledger (`vs_localstripe`), and beside pgbench, which sends the very statements of
  one such payment (`vs_bare_sql`).
- The same on two installations, of which one has 100,000 payments (`after_100k_vs_empty`).
- The SQL statements of one payment, and its time by layer.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from benchmarks.payments import load, report, rival
from benchmarks.payments.load import Story
from benchmarks.payments.replay import Replay, script
from benchmarks.payments.report import Line
from devtools.place import ROOT
from tests.installation import Installation, installation

ROUNDS = 5
ROUND_S = 5.0
PER_S = 40.0
FULL = 100_000
INSIDE = 300
PAYMENT: dict[str, object] = {
    "amount": 10_000,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "confirm": "true",
}
NOT_COUNTED = ("BEGIN", "COMMIT", "SET")
SETTINGS = {"WEB_CONCURRENCY": "2"}


@dataclass(frozen=True)
class Course:
    """How much is measured."""

    rounds: int
    round_s: float
    full: int


def main() -> None:
    """Run the benchmark and show its result."""
    course = _course()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        with (
            installation(here / "empty", name="bench_empty", settings=SETTINGS) as empty,
            installation(here / "full", name="bench_full", settings=SETTINGS) as full,
        ):
            lines, layers = measure(empty, full, course=course, folder=here)
    report.show(lines, layers, rounds=course.rounds, round_s=course.round_s)


def _course() -> Course:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--round-s", type=float, default=ROUND_S)
    arguments.add_argument("--full", type=int, default=FULL)
    given = arguments.parse_args()
    return Course(rounds=given.rounds, round_s=given.round_s, full=given.full)


def measure(
    empty: Installation, full: Installation, *, course: Course, folder: Path
) -> tuple[list[Line], dict[str, float]]:
    """Return the lines of the result, and the layers of a payment."""
    story, of_full = _story(empty), _story(full)
    load.closed(story, seconds=2)  # connections, plans and caches are warm
    times = sorted(load.open_loop(story, per_s=PER_S, seconds=course.rounds * course.round_s))
    print(f"at {PER_S:g}/s: {len(times)} payments", flush=True)
    layers = _inside(empty)["layers"]
    # On the other one, which is to be filled: the first stays as empty as payments leave it.
    replay = _replay(full, folder / "payment.sql")
    with rival.running(PAYMENT) as of_rival:
        beside = _rounds(
            {
                "fincloud": lambda s: load.closed(story, seconds=s),
                "localstripe": lambda s: load.closed(of_rival, seconds=s),
                "bare_sql": lambda s: replay.per_s(seconds=s),
            },
            course=course,
        )
    _fill(full, replay, number=course.full)
    load.closed(of_full, seconds=2)
    after = _rounds(
        {
            "empty": lambda s: load.closed(story, seconds=s),
            "full": lambda s: load.closed(of_full, seconds=s),
        },
        course=course,
    )
    return _lines(times, beside, after, statements=replay.statements, full=course.full), layers


def _story(here: Installation) -> Story:
    return Story(here.base_url, here.secret_key, PAYMENT)


def _rounds(
    cases: dict[str, Callable[[float], float]], *, course: Course
) -> dict[str, list[float]]:
    """Run all cases in turn, forwards and backwards; return what each came to in every round."""
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(course.rounds):
        for name in list(cases) if number % 2 == 0 else list(reversed(cases)):
            rates[name].append(cases[name](course.round_s))
        shown = ", ".join(f"{name} {per_s[-1]:.0f}/s" for name, per_s in rates.items())
        print(f"round {number + 1}: {shown}", flush=True)
    return rates


def _fill(here: Installation, replay: Replay, *, number: int) -> None:
    """Give an installation so many payments: all rows that they have, made by the database."""
    replay.repeat(number)
    with psycopg.connect(here.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")  # what autovacuum does in time


def _replay(here: Installation, path: Path) -> "Counted":
    before, statements = _inside(here)["statements"]
    path.write_text(script(before, statements), encoding="utf-8")
    counted = sum(not sql.lstrip().startswith(NOT_COUNTED) for sql in statements)
    return Counted(here.env["DATABASE_URL"], path, statements=counted)


class Counted(Replay):
    """A replay that knows how many statements carry data or need a plan."""

    def __init__(self, database_url: str, path: Path, *, statements: int) -> None:
        super().__init__(database_url, path)
        self.statements = statements


def _inside(here: Installation) -> dict[str, Any]:
    """Return what a process of its own says of one payment."""
    command = [sys.executable, "-m", "benchmarks.payments.inside", here.secret_key, str(INSIDE)]
    done = subprocess.run(
        command, cwd=ROOT, env={**here.env, "LOG_LEVEL": "ERROR"}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    shown: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return shown


def _lines(
    times_ms: list[float],
    beside: dict[str, list[float]],
    after: dict[str, list[float]],
    *,
    statements: int,
    full: int,
) -> list[Line]:
    ours = beside["fincloud"]

    def at(share: float) -> float:
        return times_ms[min(int(len(times_ms) * share), len(times_ms) - 1)]

    def ratio(ones: list[float], others: list[float]) -> float:
        return median(one / other for one, other in zip(ones, others, strict=True))

    rate = f"at {PER_S:g} a second, from the intended start, ms"
    return [
        Line("sql_statements", "of one payment", statements, 16, is_at_most=True),
        Line("p50_ms", f"half of them: {rate}", at(0.5), 25, is_at_most=True),
        Line("p99_ms", f"99 of 100: {rate}", at(0.99), 100, is_at_most=True),
        Line("per_s", f"{load.CLIENTS} clients that wait: payments a second", median(ours)),
        Line(
            "vs_localstripe",
            f"to localstripe {rival.VERSION}, {median(beside['localstripe']):,.0f}/s",
            ratio(ours, beside["localstripe"]),
            4,
        ),
        Line(
            "vs_bare_sql",
            f"to the same statements by pgbench, {median(beside['bare_sql']):,.0f}/s",
            ratio(ours, beside["bare_sql"]),
            0.2,
        ),
        Line(
            "after_100k_vs_empty",
            f"amid {full:,} payments ({median(after['full']):,.0f}/s) to amid few",
            ratio(after["full"], after["empty"]),
            0.9,
        ),
    ]


if __name__ == "__main__":
    main()
