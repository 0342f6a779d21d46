"""Reads of attempts."""

from collections.abc import Collection

from django.db.models import QuerySet

from apps.payments.models import Attempt


def find_attempts(ids: Collection[str]) -> QuerySet[Attempt]:
    """Return the attempts with these ids, in order."""
    return Attempt.objects.owned().filter(pk__in=ids).order_by("id")


def has_attempt(claim_id: int) -> bool:
    """Return whether the request with this idempotency claim asked a processor for something."""
    return Attempt.objects.filter(claim_id=claim_id).exists()
