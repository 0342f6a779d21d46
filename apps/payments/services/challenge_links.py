"""The address of the page on which a customer proves who they are.

It is signed, and lets whoever has it answer one challenge: of one attempt, for a day.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing

from apps.core import context

_SALT = "payments.challenge"
GOOD_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an address leads to."""

    environment_id: str
    attempt_id: str


def make_url(attempt_id: str) -> str:
    """Return the address for an attempt of the current environment.

    The token is in the query, because the path of a request is logged.
    """
    token = signing.dumps([context.current().environment.id, attempt_id], salt=_SALT)
    return f"{settings.BASE_URL}/challenge?token={token}"


def read(token: str) -> Challenge | None:
    """Return what a token leads to; None if it is not ours, was changed, or is too old."""
    try:
        environment_id, attempt_id = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    return Challenge(environment_id=environment_id, attempt_id=attempt_id)
