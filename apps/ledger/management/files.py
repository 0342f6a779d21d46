"""What the commands that write and read files have in common."""

import time
from types import TracebackType
from typing import Final, Self

from django.core.management.base import CommandError, OutputWrapper

from apps.core.context import Hosted
from apps.tenants import queries as tenants

SHOWN_EVERY_S: Final = 1.0


def environment(environment_id: str) -> Hosted:
    """Return the environment that a command was given.

    :raises CommandError: there is none.
    """
    found = tenants.list_environments().filter(pk=environment_id).first()
    if found is None:
        raise CommandError(f"There is no environment {environment_id}.")
    return found


class Progress:
    """Says once a second how far something is, and at the end how far it came."""

    def __init__(self, output: OutputWrapper) -> None:
        self._output = output
        self._done = self._total = 0

    def __enter__(self) -> Self:
        self._started = self._shown = time.monotonic()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._show()

    def at(self, done: int, total: int) -> None:
        """Note that so many entries of so many are done."""
        self._done, self._total = done, total
        if time.monotonic() - self._shown >= SHOWN_EVERY_S:
            self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        rate = self._done / max(self._shown - self._started, 0.001)
        share = f"{self._done / self._total:4.0%}  " if self._total else ""
        self._output.write(f"{share}{self._done:,} entries, {rate:,.0f}/s", style_func=str)
