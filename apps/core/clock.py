"""The only clock. The domain never asks the time; services read it here and hand it on."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


def to_unix(instant: datetime) -> int:
    """Return whole seconds since 1970, as the wire shows times."""
    return int(instant.timestamp())


def from_unix(seconds: int) -> datetime:
    """Return the instant that the wire's `seconds` name."""
    return datetime.fromtimestamp(seconds, tz=UTC)
