"""Runs of pgbench: how many transactions a second a script gives."""

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from devtools import postgres

CLIENTS = 16
CORES = 2
_RATE = re.compile(r"tps = ([\d.]+)")
_FAILED = re.compile(r"number of failed transactions: (\d+)")


@dataclass(frozen=True)
class Case:
    """Something that is measured.

    :ivar arguments: of pgbench: its own script, or files with weights.
    :ivar transactions: how many ledger transactions one run of the script makes.
    """

    name: str
    database: str
    arguments: tuple[str, ...]
    transactions: int = 1


@dataclass
class Rates:
    """What the rounds gave, per case: transactions a second, in the order of the rounds."""

    per_s: dict[str, list[float]] = field(default_factory=dict)

    def median(self, case: str) -> float:
        """Return the median rate of a case."""
        return median(self.per_s[case])

    def ratio(self, case: str, reference: str) -> float:
        """Return the median, over the rounds, of a case's rate to that of another in its round."""
        pairs = zip(self.per_s[case], self.per_s[reference], strict=True)
        return median(one / other for one, other in pairs)


def run_rounds(cases: Sequence[Case], *, host: str, rounds: int, round_s: float) -> Rates:
    """Run all cases in turn, forwards and backwards, after a warm-up."""
    rates = Rates({case.name: [] for case in cases})
    for case in cases:
        run(case, host=host, seconds=1)
    for number in range(rounds):
        for case in cases if number % 2 == 0 else reversed(cases):
            rates.per_s[case.name].append(run(case, host=host, seconds=round_s))
        shown = ", ".join(f"{name} {rate[-1]:,.0f}" for name, rate in rates.per_s.items())
        print(f"round {number + 1}: {shown}", flush=True)
    return rates


def run(case: Case, *, host: str, seconds: float) -> float:
    """Return how many ledger transactions a second a case gives.

    :raises RuntimeError: pgbench failed, or a transaction did.
    """
    # `run` and `n` make the references of every run of a script its own.
    numbers = {"run": time.time_ns() // 10**6 % 10**11, "n": 10**9}
    command = [
        *(str(postgres.find_binaries() / "pgbench"), "-h", host, "-U", "fincloud", "-n"),
        *("-c", str(CLIENTS), "-j", str(CORES), "-T", str(max(1, round(seconds)))),
        *(part for name, value in numbers.items() for part in ("-D", f"{name}={value}")),
        *case.arguments,
        case.database,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rate, failed = _RATE.search(done.stdout), _FAILED.search(done.stdout)
    if done.returncode or rate is None or (failed and failed[1] != "0"):
        raise RuntimeError(f"pgbench failed at {case.name}:\n{done.stdout}{done.stderr[:2000]}")
    return float(rate[1]) * case.transactions


def fill(databases: Mapping[str, int], *, host: str) -> None:
    """Fill databases with the tables of TPC-B, each at its scale."""
    for name, scale in databases.items():
        command = [str(postgres.find_binaries() / "pgbench"), "-h", host, "-U", "fincloud"]
        subprocess.run(
            [*command, "-i", "-q", "-s", str(scale), name], check=True, capture_output=True
        )


def write(folder: Path, name: str, text: str) -> str:
    """Write a script; return its path."""
    path = folder / f"{name}.sql"
    path.write_text(text, encoding="utf-8")
    return str(path)
