"""Books that Hypothesis draws: entries at any times, some sealed, some of those in snapshots."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from apps.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from tests.ledger.recorded import open_account, record, seal, take_snapshot

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# Few seconds, so that much of what is drawn falls together; halves, since a second is whole.
offsets = st.integers(0, 12).map(lambda half: NOON + half * SECOND / 2)
instants = st.none() | st.integers(-1, 7).map(lambda second: NOON + second * SECOND)


@dataclass(frozen=True)
class Recorded:
    """A posting to be recorded. `is_in`: the account is debited."""

    minor: int
    is_in: bool
    layer: str
    effective_at: datetime
    created_at: datetime


@st.composite
def recordings(draw) -> Recorded:
    effective_at = draw(offsets)
    return Recorded(
        minor=draw(st.integers(1, 1_000)),
        is_in=draw(st.booleans()),
        layer=draw(st.sampled_from(["posted", "posted", "pending", "released"])),
        effective_at=effective_at,
        # Mostly recorded as it takes effect; else earlier (it was future) or later (back-dated).
        created_at=draw(st.just(effective_at) | offsets),
    )


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what is done in the block: each example begins with an empty book."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def fill(recorded: list[Recorded], *, sealed: int, cut_offs: set[datetime]) -> LedgerAccount:
    """Record everything, seal the first `sealed` of it, and take snapshots of those.

    :returns: the account that all of it is of.
    """
    account, other = open_account("mine"), open_account("theirs")
    made = [_record(one, account, other) for one in recorded]
    if made[:sealed]:
        last = LedgerEntry.objects.filter(transaction__in=made[:sealed]).order_by("posting")
        seal(until=last.reverse()[0].posting_id)
    for cut_off_at in cut_offs:
        take_snapshot(account, cut_off_at=cut_off_at)
    return account


def _record(one: Recorded, account: LedgerAccount, other: LedgerAccount) -> LedgerTransaction:
    post = partial(
        record,
        *((account, other) if one.is_in else (other, account)),
        one.minor,
        effective_at=one.effective_at,
        created_at=one.created_at,
    )
    if one.layer != "released":
        return post(layer=one.layer)
    return post(layer="released", resolves=post(layer="pending"))


books = {
    "recorded": st.lists(recordings(), max_size=12),
    "sealed": st.integers(0, 12),
    "cut_offs": st.sets(offsets, max_size=4),
}
exploring = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
