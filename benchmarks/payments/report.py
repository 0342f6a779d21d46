"""The result: a table for people, the same as Markdown, and JSON as the last line."""

import json
import platform
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import psutil

RESULTS: Final = Path(__file__).parent.parent / "results" / "payments.md"
_LAYERS: Final = {
    "http": "the server's interface, middleware, address, view",
    "parsing": "parameters read, checked against the shape, searched for card numbers",
    "authentication": "the key and what it may do",
    "idempotency": "the key claimed, the answer stored (without their SQL)",
    "domain": "decisions, rows made and read back, SQL written (Django's models)",
    "rendering": "objects as the wire shows them: the answer, and the snapshots of two events",
    "doorbell": "the workers rung for, in Redis",
    "sql": "statements and commits, from sending to the last row",
}


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
    def goal(self) -> str:
        """Return the target as people read it."""
        if self.target is None:
            return ""
        is_reached = self.value <= self.target if self.is_at_most else self.value >= self.target
        sign = "≤" if self.is_at_most else "≥"
        return f"{sign} {self.target:g}" + ("" if is_reached else ", missed")


def show(lines: list[Line], layers: dict[str, float], *, rounds: int, round_s: float) -> None:
    """Print the result, and write it down."""
    whole = sum(layers.values())
    text = "\n".join(
        [
            "# The speed of payments",
            "",
            (
                f"Measured by `make bench-payments` on {date.today():%Y-%m-%d}: "  # noqa: DTZ011
                f"{rounds} alternating rounds of {round_s:g} s, medians; ratios are medians of the "
                "ratios in a round."
            ),
            "",
            f"- {_machine()}",
            "- Everything on these cores: web (2 processes), worker, beat, PostgreSQL with fsync,",
            "  Redis and the clients. `POST /v1/payment_intents` with `confirm=true` and an",
            "  `Idempotency-Key` of its own; the simulator answers at once.",
            "",
            "| Case | What | Result | Target |",
            "|---|---|---:|---|",
            *(f"| `{one.name}` | {one.what} | {one.value:,.4g} | {one.goal} |" for one in lines),
            "",
            f"One payment by one client inside one process, by layer: {whole:.1f} ms.",
            "",
            "| Layer | What | ms | Share |",
            "|---|---|---:|---:|",
            *(
                f"| {name} | {_LAYERS[name]} | {ms:.2f} | {ms / whole:.0%} |"
                for name, ms in sorted(layers.items(), key=lambda layer: -layer[1])
            ),
            "",
        ]
    )
    RESULTS.write_text(text, encoding="utf-8")
    print(text)
    cases = {one.name: round(one.value, 3) for one in lines}
    print(json.dumps({"bench": "payments", "cases": cases, "layers_ms": layers}))


def _machine() -> str:
    cores, memory_gb = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    return (
        f"{cores} cores, {memory_gb:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
