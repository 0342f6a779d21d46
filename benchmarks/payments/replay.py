"""The statements of one payment as a script of pgbench: what the database alone would give.

A payment is captured as it was sent, with BEGIN and COMMIT. What is new in every payment (ids, the
idempotency key, the number of its row) becomes a variable; all else stays as it is.
"""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.payments.inside import CLAIM_ID
from benchmarks.payments.load import CLIENTS
from devtools import postgres

# An id, or an idempotency key: what names one thing.
_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)*_([0-9A-Za-z]{24})\b")
_DIGITS = 12
_CLAIM = re.compile(rf"\b{CLAIM_ID}\b")
_RATE = re.compile(r"tps = ([\d.]+)")
_FAILED = re.compile(r"number of failed transactions: (\d+)")


def script(before: Sequence[str], statements: Sequence[str]) -> str:
    """Return the script of a payment.

    :param before: the statements of the payment before: what both have is no part of either.
    """
    known = set(_NAME.findall("\n".join(before)))
    new = dict.fromkeys(_NAME.findall("\n".join(statements)))
    names = {name: f"n{place}" for place, name in enumerate(n for n in new if n not in known)}
    lines = [f"\\set n random(1, {10**_DIGITS - len(names) - 1})"]
    # Ids of one millisecond begin alike, so each gets a number of its own, of the same length.
    lines += [
        f"\\set {variable} {10 ** (_DIGITS - 1)} + :n % {9 * 10 ** (_DIGITS - 1)} + {place}"
        for place, variable in enumerate(names.values())
    ]
    for sent in statements:
        text = " ".join(sent.split("\n"))
        for name, variable in names.items():
            text = text.replace(name, f"{name[:-_DIGITS]}:{variable}")
        claims = "INSERT INTO public.api_idempotencykey" in text
        if not claims:
            text = _CLAIM.sub(":claim_id", text)
        # The claim gives the number of its row to what follows.
        lines.append(text.rstrip().rstrip(";") + (" \\gset claim_" if claims else ";"))
    return "\n".join(lines) + "\n"


class Replay:
    """Runs of pgbench with such a script, on the database of an installation."""

    def __init__(self, database_url: str, path: Path) -> None:
        self._url = database_url
        self._path = path

    def per_s(self, *, seconds: float) -> float:
        """Return payments a second, with as many clients as pay over HTTP."""
        return self._run("-T", str(max(1, round(seconds))))

    def repeat(self, number: int) -> None:
        """Make so many payments: all their rows, in no time to speak of."""
        self._run("-t", str(number // CLIENTS))

    def _run(self, *how_long: str) -> float:
        """Return transactions a second.

        :raises RuntimeError: a statement failed.
        """
        command = [
            *(str(postgres.find_binaries() / "pgbench"), "-n", "-M", "simple"),
            *("-c", str(CLIENTS), "-j", "2", *how_long, "-f", str(self._path)),
            self._url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        rate, failed = _RATE.search(done.stdout), _FAILED.search(done.stdout)
        if done.returncode or rate is None or (failed and failed[1] != "0"):
            raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr[:2000]}")
        return float(rate[1])
