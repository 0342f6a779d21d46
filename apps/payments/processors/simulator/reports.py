"""Signed notifications of the simulator, and its report of what it moved."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from apps.core import clock
from apps.core.money import Money
from apps.payments.domain import (
    AttemptKind,
    InvalidNotification,
    Notification,
    Outcome,
    Settled,
)
from apps.payments.models import SimulatedOrder
from apps.payments.processors.simulator import transfers
from apps.payments.processors.simulator.future import (
    DISPUTE,
    FUNDS,
    dispute_facts,
    funds_facts,
)

HEADER: Final = "Simulator-Signature"
# A notification that was signed longer ago was recorded by somebody, and is sent again.
TOLERANCE: Final = timedelta(minutes=5)


def write(notification: Notification) -> bytes:
    """Return a notification as it is sent."""
    return json.dumps(
        {
            "id": notification.id,
            "kind": notification.kind,
            "reference": notification.reference,
            "sequence": notification.sequence,
            "occurred_at": clock.to_unix(notification.occurred_at),
            "facts": dict(notification.facts),
        }
    ).encode()


def sign(body: bytes, *, secret: str, now: datetime) -> dict[str, str]:
    """Return the headers with which a notification is sent."""
    sent_at = clock.to_unix(now)
    return {HEADER: f"t={sent_at},v1={_digest(sent_at, body, secret=secret)}"}


def verify(
    *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime
) -> tuple[Notification, ...]:
    """Return what a notification says.

    :raises InvalidNotification: it was not signed with `secret`, is too old, or says nothing.
    """
    parts = dict(
        part.partition("=")[::2] for part in headers.get(HEADER, "").split(",") if "=" in part
    )
    try:
        sent_at, given = int(parts["t"]), parts["v1"].encode()
    except (KeyError, ValueError):
        raise InvalidNotification(f"The header {HEADER} is missing or malformed.") from None
    if not hmac.compare_digest(given, _digest(sent_at, body, secret=secret).encode()):
        raise InvalidNotification("The signature does not fit the body.")
    if abs(clock.to_unix(now) - sent_at) > TOLERANCE.total_seconds():
        raise InvalidNotification("The notification was signed too long ago.")
    return (_read(body),)


def settle_report(*, since: datetime, until: datetime) -> Iterable[Settled]:
    """Return what was moved from `since` until before `until`, in the order of time."""
    # What was moved in that time was not changed before it.
    rows = SimulatedOrder.objects.filter(changed_at__gte=since, created_at__lt=until)
    lines = [line for row in rows for line in _lines(row) if since <= line.at < until]
    return sorted(lines, key=lambda line: (line.at, line.reference, line.kind))


def _lines(row: SimulatedOrder) -> Iterator[Settled]:
    """Yield what an order moved."""
    money = Money(row.amount_minor, row.currency)
    is_approved = row.outcome == Outcome.APPROVED
    if transfers.stays_here(row):
        return
    match row.kind:
        case AttemptKind.CHARGE if is_approved and row.is_captured_at_once:
            yield Settled(row.reference, "charge", money, row.changed_at)
        case AttemptKind.CAPTURE if is_approved:
            yield Settled(row.reference, "charge", money, row.created_at)
        case AttemptKind.REFUND:
            returned_at = row.facts.get("returned_at")
            if returned_at or row.outcome != Outcome.DECLINED:
                yield Settled(row.reference, "refund", -money, row.created_at)
            if returned_at:
                yield Settled(row.reference, "refund_failure", money, _instant(returned_at))
        case _ if row.kind == FUNDS:
            yield Settled(row.reference, FUNDS, money, row.created_at, facts=funds_facts(row))
        case _ if row.kind == DISPUTE:
            yield from _dispute_lines(row, money)


def _dispute_lines(row: SimulatedOrder, money: Money) -> Iterator[Settled]:
    moves = (("withdrawn_at", "dispute", -money), ("reinstated_at", "dispute_reversal", money))
    for fact, kind, moved in moves:
        if fact in row.facts:
            yield Settled(
                row.reference,
                kind,
                moved,
                _instant(row.facts[fact]),
                sequence=row.sequence,
                facts=dispute_facts(row),
            )


def _read(body: bytes) -> Notification:
    try:
        told = json.loads(body)
        return Notification(
            id=str(told["id"]),
            kind=str(told["kind"]),
            reference=str(told["reference"]),
            sequence=int(told["sequence"]),
            occurred_at=clock.from_unix(told["occurred_at"]),
            facts=dict(told["facts"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InvalidNotification("The body is not a notification.") from None


def _digest(sent_at: int, body: bytes, *, secret: str) -> str:
    signed = f"{sent_at}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
