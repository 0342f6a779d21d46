"""The result: a table for people, the same as Markdown, and JSON as the last line."""

import json
import os
import platform
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import psutil
from django.db import connection

RESULTS: Final = Path(__file__).parent.parent / "results" / "ledger.md"
_SETTINGS = ("fsync", "synchronous_commit", "shared_buffers", "max_wal_size", "jit")


@dataclass(frozen=True)
class Line:
    """One case: its name, what it came to, and what it must reach (None: it is only shown).

    :ivar is_at_most: whether the target is an upper bound.
    """

    name: str
    what: str
    value: float
    target: float | None = None
    is_at_most: bool = False

    @property
    def is_reached(self) -> bool:
        """Return whether the target, if there is one, is reached."""
        if self.target is None:
            return True
        return self.value <= self.target if self.is_at_most else self.value >= self.target

    @property
    def goal(self) -> str:
        """Return the target as people read it."""
        if self.target is None:
            return ""
        sign = "≤" if self.is_at_most else "≥"
        return f"{sign} {self.target:g}" + ("" if self.is_reached else ", missed")


def show(lines: list[Line], notes: list[str], *, rounds: int, round_s: float) -> None:
    """Print the result, and write it down."""
    table = ["| Case | What | Result | Target |", "|---|---|---:|---|"]
    table += [
        f"| `{line.name}` | {line.what} | {_number(line.value)} | {line.goal} |" for line in lines
    ]
    text = "\n".join(
        [
            "# The ledger's speed",
            "",
            (
                f"Measured by `make bench-ledger` on {date.today():%Y-%m-%d}: {rounds} alternating "  # noqa: DTZ011
                f"rounds of {round_s:g} s, medians; ratios are medians of the ratios in a round."
            ),
            "",
            *(f"- {fact}" for fact in facts()),
            "",
            *table,
            "",
            *(f"- {note}" for note in notes),
            "",
        ]
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)
    print(json.dumps({line.name: round(line.value, 3) for line in lines}))


def facts() -> list[str]:
    """Return what the machine and the server are."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
        cursor.execute(
            "SELECT name, setting, unit FROM pg_settings WHERE name = ANY (%s)", [list(_SETTINGS)]
        )
        settings = ", ".join(f"{name} {value}{unit or ''}" for name, value, unit in cursor)
    memory_gb = psutil.virtual_memory().total / 2**30
    return [
        (
            f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory_gb:.0f} GB, "
            f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        ),
        f"PostgreSQL {version.split()[0]}: {settings}",
        "16 clients of pgbench (simple protocol, as psycopg sends it) on the server's own cores",
    ]


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown processor"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
