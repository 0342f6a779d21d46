"""The address of the page on which a customer proves who they are, or that an account is theirs.

It is signed, and lets whoever has it answer for one attempt, for a time.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing

from apps.core import context


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path, and for how long an address of it is good."""

    path: str
    good_for: timedelta


CHALLENGE = Page("challenge", timedelta(hours=24))
DEPOSITS = Page("microdeposits", timedelta(days=10))


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an address leads to."""

    environment_id: str
    attempt_id: str


def make_url(attempt_id: str, *, page: Page = CHALLENGE) -> str:
    """Return the address for an attempt of the current environment.

    The token is in the query, because the path of a request is logged.
    """
    named = [context.current().environment.id, attempt_id]
    token = signing.dumps(named, salt=f"payments.{page.path}")
    return f"{settings.BASE_URL}/{page.path}?token={token}"


def read(token: str, *, page: Page = CHALLENGE) -> Challenge | None:
    """Return what a token leads to; None if it is not ours, was changed, or is too old."""
    try:
        environment_id, attempt_id = signing.loads(
            token, salt=f"payments.{page.path}", max_age=page.good_for
        )
    except signing.BadSignature:
        return None
    return Challenge(environment_id=environment_id, attempt_id=attempt_id)
