"""Tokens of bank accounts. The room of payments makes them, and says here what they stand for."""

from datetime import datetime
from typing import Any, Protocol

from apps.core.errors import Invalid


class ReadToken(Protocol):
    """Uses a token up."""

    def __call__(self, token_id: str, *, param: str, now: datetime) -> tuple[str, dict[str, Any]]:
        """Return the bank's name for the account, and what is known of the holder.

        Part of the caller's transaction.

        :raises Invalid: there is no such token, it was used, or it is of something else.
        """


_readers: list[ReadToken] = []


def register_tokens(read: ReadToken) -> None:
    """Let bank accounts be named by tokens that `read` uses up; called by a `ready()`."""
    _readers.append(read)


def read(token_id: str, *, param: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """Use a token up; see `ReadToken`."""
    for reader in _readers:
        return reader(token_id, param=param, now=now)
    raise Invalid(f"No such token: '{token_id[:64]}'", code="resource_missing", param=param)
