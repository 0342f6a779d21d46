"""Refusals of the domain, each with a stable code. `apps.api.errors` alone chooses statuses."""

from typing import Any


class DomainError(Exception):
    """A request that is refused for a reason the caller can act on.

    :ivar code: a stable name of the reason, as the wire shows it.
    :ivar param: the parameter at fault, with its path (`items[0][price]`), if there is one.
    :ivar details: further fields of the wire's error object (`decline_code`, `payment_intent`, …).
    """

    code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.param = param
        self.details = details


class Invalid(DomainError):
    """The request cannot be carried out as it was put."""


class NotFound(DomainError):
    """What the request names does not exist for this caller."""

    code = "resource_missing"


class Conflict(DomainError):
    """Something else is going on with the same object right now; trying again may work."""


class Unavailable(DomainError):
    """Somebody else, without whom it cannot be done, does not answer. Nothing has happened."""


class Declined(DomainError):
    """The card was refused by its issuer or by the processor."""


def not_found(kind: str, object_id: str, *, param: str = "id") -> NotFound:
    """Return the refusal for an id that names nothing (or nothing of the caller's)."""
    return NotFound(f"No such {kind}: '{object_id}'", param=param)
