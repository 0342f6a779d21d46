"""Idempotency: the same key and request have their effects once and get the same answer, byte for
byte.

A request claims its key (one row, one statement), runs, and stores its answer in the very
transaction that makes the answer true (`core.use_cases`). What becomes of a claim whose process
died:

- It began nothing outside (no row of ours names the claim): its lease ends, and a retry runs it
anew.
- It began something (`remember_effects`): a retry gets 409 until whoever settles that effect, the
  sweeper that asks the processor, has stored the answer through `settle_later`.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django_tenants.utils import get_tenant_model

from apps.api import errors, rendering
from apps.api.models import IdempotencyKey
from apps.api.uploads import Upload
from apps.core import context
from apps.core.errors import Conflict, DomainError, Invalid

KEPT_FOR = timedelta(hours=24)
SWEEP_BATCH = 5_000
KEY_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer: HTTP status and body."""

    status: int
    body: bytes


@dataclass(slots=True)
class Claim:
    """A key that this request holds. `answer` is set once it is stored."""

    row_id: int
    turn: int
    expand: list[str]
    is_public: bool
    api_version: str
    answer: Stored | None = None

    def settle(self, result: Any) -> None:
        """Store the answer for `result`, in the current transaction.

        :raises Conflict: another process took the key over; the transaction must not commit.
        """
        # Whoever stores it, the answer is for the caller of the request.
        with context.amended(is_public=self.is_public, api_version=self.api_version):
            if isinstance(result, DomainError):
                status, body = errors.body(result)
            else:
                status, body = 200, rendering.to_bytes(result, self.expand)
        self.settle_now(status, body)

    def settle_now(self, status: int, body: bytes) -> None:
        """Store an answer that is ready.

        :raises Conflict: another process took the key over.
        """
        open_row = IdempotencyKey.objects.filter(pk=self.row_id, status__isnull=True)
        is_stored = open_row.filter(turn=self.turn).update(status=status, body=body) or (
            # A retry has the key by now and began nothing, because this request had: there is one
            # effect to a claim. What is known of it must not be lost.
            has_effects(self.row_id) and open_row.update(status=status, body=body)
        )
        if not is_stored:
            raise Conflict("The idempotency key was taken over by a retry of this request.")
        self.answer = Stored(status, body)


_effects: list[Callable[[int], bool]] = []


def remember_effects(has_effect: Callable[[int], bool]) -> None:
    """Add a check, given a claim's id, of whether something outside was begun under that claim.

    Called from `ready()` of the app that calls processors.
    """
    _effects.append(has_effect)


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """Return what makes two requests the same: a keyed hash, since bodies may hold card numbers."""
    canonical = json.dumps(
        [method, path, params], sort_keys=True, separators=(",", ":"), default=_canonical_upload
    )
    secret = settings.SECRET_KEY.encode()
    return hmac.new(secret, canonical.encode(), hashlib.sha256).hexdigest()


def _canonical_upload(value: Any) -> dict[str, str]:
    """Return what makes two uploads the same, for the one value of a request that is no JSON."""
    if not isinstance(value, Upload):
        raise TypeError(f"A request holds a {type(value).__name__}.")
    return {"filename": value.filename, "sha256": value.sha256}


# One statement claims a new key, or takes over one whose lease is over. Whoever gets no row back
# lost: the key is there, answered, running, or of another request.
_CLAIM = """
    INSERT INTO public.api_idempotencykey AS held
        (environment_id, account_id, is_public, key, fingerprint, expand, api_version, turn,
         lease_until, created_at)
    VALUES (%(environment)s, %(account)s, %(public)s, %(key)s, %(fingerprint)s, %(expand)s,
            %(version)s, 1, %(lease_until)s, %(now)s)
    ON CONFLICT (environment_id, account_id, is_public, key) DO UPDATE
        SET turn = held.turn + 1, lease_until = excluded.lease_until
        WHERE held.status IS NULL AND held.lease_until < %(now)s
          AND held.fingerprint = excluded.fingerprint
    RETURNING id, turn
"""


def claim(key: str, *, fingerprint: str, expand: list[str], now: datetime) -> Claim | Stored:
    """Claim `key` for the current environment and account, or return the stored answer.

    :raises IdempotencyMisuse: the key named another request.
    :raises KeyInUse: the first request with it is still running, or being settled.
    """
    if len(key) > KEY_LENGTH_MAX or "\x00" in key:
        raise Invalid(f"An Idempotency-Key has at most {KEY_LENGTH_MAX} characters.")
    here = context.current()
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "environment": here.environment.id,
                "account": here.account_id,
                "public": here.is_public,
                "key": key,
                "fingerprint": fingerprint,
                "expand": json.dumps(expand),
                "version": here.api_version,
                "lease_until": now + timedelta(seconds=settings.IDEMPOTENCY_LEASE_S),
                "now": now,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return _look_up(key, fingerprint=fingerprint)
    held = Claim(
        row_id=row[0],
        turn=row[1],
        expand=expand,
        is_public=here.is_public,
        api_version=here.api_version,
    )
    if held.turn > 1 and has_effects(held.row_id):
        raise _in_use()
    return held


def release(held: Claim) -> None:
    """Give the key back: the request was refused before anything happened, so nothing is stored.

    A claim under which something outside was begun is kept: only looking can settle it.
    """
    if held.answer is None and not has_effects(held.row_id):
        IdempotencyKey.objects.filter(pk=held.row_id, turn=held.turn, status__isnull=True).delete()


def settle_later(claim_id: int) -> Claim | None:
    """Return the claim of a request whose process is gone, so that its answer can be stored.

    None if it was answered, or swept. Should the first process be alive after all, the first of the
    two to commit stores its answer, and the other one cannot commit.
    """
    row = IdempotencyKey.objects.filter(pk=claim_id, status__isnull=True).first()
    if row is None:
        return None
    return Claim(
        row_id=row.pk,
        turn=row.turn,
        expand=row.expand,
        is_public=row.is_public,
        api_version=row.api_version,
    )


def has_effects(claim_id: int) -> bool:
    """Return whether a request began something outside before it ended."""
    return any(check(claim_id) for check in _effects)


def sweep(*, now: datetime) -> int:
    """Delete keys older than a day, some thousands at a time; return how many.

    A claim that never got its answer is kept as long as something it began is unsettled: a retry
    would run it a second time.
    """
    old = IdempotencyKey.objects.filter(created_at__lt=now - KEPT_FOR)
    answered = old.filter(status__isnull=False).order_by("created_at")
    swept = 0
    while ids := list(answered.values_list("pk", flat=True)[:SWEEP_BATCH]):
        swept += IdempotencyKey.objects.filter(pk__in=ids).delete()[0]
    # Few: their processes died before they answered.
    for row in old.filter(status__isnull=True):
        if not _is_unsettled(row):
            swept += row.delete()[0]
    return swept


def _is_unsettled(row: IdempotencyKey) -> bool:
    environment = get_tenant_model().objects.get(pk=row.environment_id)
    with context.enter(environment, by="system"):
        return has_effects(row.pk)


def _look_up(key: str, *, fingerprint: str) -> Stored:
    here = context.current()
    row = IdempotencyKey.objects.filter(
        environment_id=here.environment.id,
        account_id=here.account_id,
        is_public=here.is_public,
        key=key,
    ).first()
    if row is not None and row.fingerprint != fingerprint:
        raise errors.IdempotencyMisuse(
            "This Idempotency-Key was used for another request. Use a new key, or send the same "
            "parameters to the same URL."
        )
    if row is None or row.status is None or row.body is None:
        raise _in_use()
    return Stored(row.status, bytes(row.body))


def _in_use() -> errors.KeyInUse:
    return errors.KeyInUse("A request with this Idempotency-Key is still in progress. Try again.")
