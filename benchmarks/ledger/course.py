"""The course of the benchmark: posting, the callers, reading."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from django.conf import settings
from django.db import transaction
from psycopg import sql

from apps.core import context
from apps.ledger import services as ledger
from apps.ledger.domain import Projection
from benchmarks.ledger import book, callers, history, pgbench, report
from benchmarks.ledger.pgbench import Case
from benchmarks.ledger.report import Line
from tests import databases, factories


@dataclass(frozen=True)
class Options:
    """How much is measured: see `__main__`."""

    rounds: int
    round_s: float
    scale: int
    entries: int


def run(options: Options) -> None:
    """Measure everything, and show it."""
    with databases.copy("bench") as name, databases.connected_to(name):
        os.environ["BENCH_DATABASE"] = name
        tenant = factories.make_tenant(name="Bench")
        with context.enter(tenant.environments[0].environment, by="system"):
            lines = _measure_posting(name, options)
            of_callers, notes = _measure_callers(options)
            of_reading, more = _measure_reading(options)
            report.show(
                lines + of_reading + of_callers,
                notes + more,
                rounds=options.rounds,
                round_s=options.round_s,
            )


def _measure_posting(name: str, options: Options) -> list[Line]:
    """Return what pgbench says of posting, beside TPC-B, with both triggers."""
    host = parse_qs(urlsplit(settings.DATABASE_URL).query)["host"][0]
    tpcb = {f"{name}_tpcb": options.scale, f"{name}_hot": 1}
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder, _databases(tpcb):
        pgbench.fill(tpcb, host=host)
        book.open_accounts()
        cases = _cases(name, book.write_scripts(Path(folder)))
        for projection in Projection:
            with transaction.atomic():
                ledger.use_projection(projection)
            print(f"The trigger by {projection}:", flush=True)
            rates = pgbench.run_rounds(
                cases, host=host, rounds=options.rounds, round_s=options.round_s
            )
            lines += _ratios(rates, projection)
    with transaction.atomic():
        ledger.use_projection(Projection.STATEMENT)
    return lines


def _measure_callers(options: Options) -> tuple[list[Line], list[str]]:
    python = callers.python_per_s(seconds=options.round_s)
    web, layers = callers.http_per_s(seconds=options.round_s)
    lines = [
        Line("post_python_per_s", "`ledger.post` in Python, a second", python),
        Line("post_http_per_s", "the same over HTTP, a second", web),
    ]
    note = (
        "One call over HTTP, by one client alone, in ms: "
        f"the statement {layers.statement:.2f}, Python around it {layers.python:.2f}, the commit "
        f"{layers.commit:.2f}, HTTP with key, idempotency and rendering {layers.http:.2f}."
    )
    return lines, [note]


def _measure_reading(options: Options) -> tuple[list[Line], list[str]]:
    long, short, other = (history.open_account(code) for code in ("long", "short", "other"))
    history.load(long, other, entries=options.entries)
    history.load(short, other, entries=options.entries // 100)
    sealed = history.seal_some()
    history.keep_snapshots()
    history.analyse()
    size = f"{options.entries:,} entries"
    at_p99_ms = history.balance_at_p99_ms(long, entries=options.entries)
    ratio = history.balance_ratio(long, short)
    lines = [
        Line("balance_5m_vs_50k", f"balance of {size} to a hundredth", ratio, 1.2, is_at_most=True),
        Line("balance_at_p99_ms", f"`balance?at=` amid {size}, ms", at_p99_ms, 20, is_at_most=True),
    ]
    return lines, [f"Sealing, with snapshots: {sealed:,.0f} postings a second."]


def _cases(name: str, scripts: Mapping[str, str]) -> list[Case]:
    def ours(case: str, *files: str, transactions: int = 1) -> Case:
        arguments = tuple(part for file in files for part in ("-f", scripts[file]))
        return Case(case, name, arguments, transactions)

    return [
        Case("tpcb", f"{name}_tpcb", ("-b", "tpcb-like")),
        ours("uniform", "uniform"),
        Case("tpcb_hot", f"{name}_hot", ("-b", "tpcb-like")),
        ours("hot", "hot"),
        ours("uniform_open", "uniform_open"),
        ours("hot_open", "hot_open"),
        ours("single", "uniform", "hot"),
        ours("batch", "batch", transactions=book.BATCH),
    ]


def _ratios(rates: pgbench.Rates, projection: Projection) -> list[Line]:
    """Return the lines of one kind of trigger; the row-level one has a target for single calls."""
    is_row = projection is Projection.ROW
    prefix = "row_level_" if is_row else ""
    targets = {
        "uniform_vs_tpcb": 1.0 if is_row else 1.3,
        "hot_vs_tpcb_hot": 1.0 if is_row else 2.5,
        "hot_open_5ms_vs_uniform": None if is_row else 0.9,
        "batch_vs_single": None if is_row else 5.0,
    }
    pairs = {
        "uniform_vs_tpcb": ("uniform", "tpcb", "10,000 unrelated accounts to TPC-B"),
        "hot_vs_tpcb_hot": ("hot", "tpcb_hot", "two hot accounts to TPC-B with one branch"),
        "hot_open_5ms_vs_uniform": (
            *("hot_open", "uniform_open"),
            "hot, held open for 5 ms, to unrelated held open",
        ),
        "batch_vs_single": ("batch", "single", "in batches of 1,000, half hot, to single calls"),
    }
    return [
        Line(
            f"{prefix}{case}",
            f"{what}: {rates.median(one):,.0f}/s to {rates.median(other):,.0f}/s",
            rates.ratio(one, other),
            targets[case],
        )
        for case, (one, other, what) in pairs.items()
    ]


@contextmanager
def _databases(names: Iterable[str]) -> Iterator[None]:
    """Make databases for as long as the block lasts."""
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
        for name in names:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield
        finally:
            for name in names:
                databases.drop(server, name)
