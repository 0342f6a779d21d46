"""Findings: what does not add up in a book, and exactly where."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from apps.ledger.domain import canonical

# What is kept of what a round finds; what comes after that is counted.
KEPT_MAX: Final = 50


class Check(StrEnum):
    """What was looked at when something was found."""

    SEAL = "seal"
    POSTING = "posting"
    TRANSACTION = "transaction"
    SNAPSHOT = "snapshot"
    BALANCE = "balance"
    ACCOUNT = "account"
    CHART = "chart"


class State(StrEnum):
    """What the verification says of a book; `new`: it has not come to an end yet."""

    NEW = "new"
    OK = "ok"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up.

    :ivar where: names the place: `{"seal": 4}`, `{"transaction": "ltx_…", "position": 0}`,
        `{"account": "wallet:wal_1", "currency": "usd"}`.
    :ivar message: what is wrong there, as the end of a sentence that begins with the place.
    :ivar expected: what it should be by what lies below it: by the entries, by the leaves.
    :ivar found: what is written instead. None where one sentence says it all.
    :ivar suspects: transactions of which rows were written after they were sealed, if few.
    """

    check: Check
    where: dict[str, Any]
    message: str
    expected: Any = None
    found: Any = None
    suspects: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        place = ", ".join(f"{name} {value}" for name, value in self.where.items())
        text = f"{place}: {self.message}"
        if self.expected is not None or self.found is not None:
            text += f" (expected {self.expected}, found {self.found})"
        return f"{text}; see {', '.join(self.suspects)}" if self.suspects else text

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored and shown."""
        return {**asdict(self), "check": self.check.value}

    @property
    def key(self) -> str:
        """Return what is the same when the same thing is found again, whatever its sums then."""
        return canonical.to_bytes([self.check.value, self.where, self.message]).decode()


def from_json(stored: dict[str, Any]) -> Finding:
    """Return the finding that was stored."""
    return Finding(**{**stored, "check": Check(stored["check"])})
