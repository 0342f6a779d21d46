"""A circuit breaker: whoever does not answer is left alone for a while, and then asked once.

It lives in a process: each one finds out for itself, and nothing has to be shared. Who calls says
what time it is.
"""

import threading
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# So many failures in a row open it; or half of so many calls within the window.
FAILURES_IN_A_ROW: Final = 5
CALLS_MIN: Final = 20
FAILED_SHARE: Final = 0.5
WINDOW: Final = timedelta(seconds=30)
# After this, one call is let through to see.
OPEN_FOR: Final = timedelta(seconds=15)


class BreakerState(StrEnum):
    """`half_open`: one call may try whether the other side is back."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(slots=True)
class Breaker:
    """What is known of one other side. Not safe for threads by itself: `Breakers` is."""

    calls: deque[tuple[datetime, bool]] = field(default_factory=deque)
    failures_in_a_row: int = 0
    opened_at: datetime | None = None
    probed_at: datetime | None = None

    def state(self, *, now: datetime) -> BreakerState:
        """Return whether calls are let through."""
        if self.opened_at is None:
            return BreakerState.CLOSED
        if not _is_recent(self.opened_at, now=now) and (
            # A probe that never came back, since its process died under it, is forgotten.
            self.probed_at is None or not _is_recent(self.probed_at, now=now)
        ):
            return BreakerState.HALF_OPEN
        return BreakerState.OPEN

    def allow(self, *, now: datetime) -> bool:
        """Return whether to call now; who is told so says afterwards how it went (`note`)."""
        state = self.state(now=now)
        if state == BreakerState.HALF_OPEN:
            self.probed_at = now
        return state != BreakerState.OPEN

    def note(self, *, is_answered: bool, now: datetime) -> None:
        """Count a call that was answered, or was not."""
        if self.opened_at is not None:
            if is_answered:
                self._close()
            elif self.probed_at is not None:
                self._open(now)
            return
        self.calls.append((now, is_answered))
        while self.calls and not now - WINDOW <= self.calls[0][0]:
            self.calls.popleft()
        self.failures_in_a_row = 0 if is_answered else self.failures_in_a_row + 1
        failed = sum(not answered for _, answered in self.calls)
        is_often = len(self.calls) >= CALLS_MIN and failed >= FAILED_SHARE * len(self.calls)
        if not is_answered and (self.failures_in_a_row >= FAILURES_IN_A_ROW or is_often):
            self._open(now)

    def _open(self, now: datetime) -> None:
        self.opened_at, self.probed_at = now, None
        self.calls.clear()
        self.failures_in_a_row = 0

    def _close(self) -> None:
        self.opened_at = self.probed_at = None
        self.calls.clear()
        self.failures_in_a_row = 0


class Breakers:
    """The breakers of a process, by the name of the other side.

    One comes into being with the first failure, and is gone when all is well again: who always
    answers costs a look into a dictionary.
    """

    def __init__(self) -> None:
        self._breakers: dict[Hashable, Breaker] = {}
        self._lock = threading.Lock()

    def state(self, name: Hashable, *, now: datetime) -> BreakerState:
        """Return whether calls to `name` are let through; nothing changes by asking."""
        breaker = self._breakers.get(name)
        return BreakerState.CLOSED if breaker is None else breaker.state(now=now)

    def allow(self, name: Hashable, *, now: datetime) -> bool:
        """Return whether to call `name` now; who is told so says how it went (`note`)."""
        if name not in self._breakers:
            return True
        with self._lock:
            breaker = self._breakers.get(name)
            return breaker is None or breaker.allow(now=now)

    def note(self, name: Hashable, *, is_answered: bool, now: datetime) -> None:
        """Count a call to `name`."""
        if is_answered and name not in self._breakers:
            return
        with self._lock:
            breaker = self._breakers.setdefault(name, Breaker())
            breaker.note(is_answered=is_answered, now=now)
            if breaker.opened_at is None and all(answered for _, answered in breaker.calls):
                del self._breakers[name]

    def forget(self) -> None:
        """Forget all that was seen."""
        with self._lock:
            self._breakers.clear()


def _is_recent(instant: datetime, *, now: datetime) -> bool:
    # A clock that was set back must not keep a breaker open.
    return timedelta(0) <= now - instant < OPEN_FOR
