"""Identifiers: a prefix, an underscore, and 24 letters and digits in the order of time.

The first 8 characters are the millisecond in base 62, so that new rows land at the right edge of an
index; the other 16 (95 bits) make the id unique. Characters are in ASCII order, so columns that
hold ids are collated "C" and sort as the ids were made.
"""

import os
import secrets
import threading
import time

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TIME_LENGTH = 8
TAIL_LENGTH = 16
_TAIL_SPACE = 62**TAIL_LENGTH
# Ids made in one millisecond keep their order: each tail is the last one plus a random step.
_STEP_MAX = 62**12

_lock = threading.Lock()
_last_ms = 0
_last_tail = 0


def new_id(prefix: str) -> str:
    """Return a new id, greater than every id that this process made before with this prefix."""
    return f"{prefix}_{_next_suffix()}"


def random_text(length: int) -> str:
    """Return `length` random letters and digits, fit for a secret (5.95 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _next_suffix() -> str:
    global _last_ms, _last_tail
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms = now_ms
            # The top tenth stays free so that steps never overflow within one millisecond.
            _last_tail = secrets.randbelow(_TAIL_SPACE // 10 * 9)
        else:
            _last_tail += 1 + secrets.randbelow(_STEP_MAX)
        return _encode(_last_ms, TIME_LENGTH) + _encode(_last_tail, TAIL_LENGTH)


def _encode(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _forget_after_fork() -> None:
    global _last_ms, _lock
    _lock = threading.Lock()
    _last_ms = 0


os.register_at_fork(after_in_child=_forget_after_fork)
