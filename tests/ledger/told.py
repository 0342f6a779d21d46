"""What writers were told, and whether that is all there is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock

from django.db.models import QuerySet

from apps.ledger.domain import Draft, Kind
from apps.ledger.models import LedgerTransaction
from tests.ledger.books import sums_of
from tests.ledger.model import Account, Model

LATEST = 40


class Told:
    """What the writers have sent, and what they were told.

    :ivar sent: what somebody sends at this moment, or has sent: others send it as well.
    :ivar taken: what was acknowledged, by id, in the order in which the writers learned of it.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.sent: list[Draft] = []
        self.taken: dict[str, Draft] = {}
        self.outcomes: Counter[str] = Counter()

    def send(self, drafts: Sequence[Draft]) -> None:
        """Let others know of what is about to be sent."""
        with self.lock:
            self.sent += drafts

    def take(self, transaction_id: str, draft: Draft) -> None:
        """Note what was acknowledged: new, or once more."""
        with self.lock:
            first = self.taken.setdefault(transaction_id, draft)
        assert first.reference == draft.reference

    def count(self, outcome: str, times: int = 1) -> None:
        """Count what became of something."""
        with self.lock:
            self.outcomes[outcome] += times

    def latest_sent(self) -> list[Draft]:
        """Return what was sent last."""
        with self.lock:
            return self.sent[-LATEST:]

    def latest_taken(self, *, is_pending: bool) -> list[tuple[str, Draft]]:
        """Return what was taken last, by id: what is pending, or what moved something."""
        with self.lock:
            latest = [*self.taken.items()][-LATEST:]
        return [(i, d) for i, d in latest if d.postings and d.is_pending is is_pending]


def assert_is_all(found: QuerySet[LedgerTransaction], taken: Mapping[str, Draft]) -> None:
    """Compare what there is with what was taken, by id; and the balances with the sums of it.

    :param found: all transactions that could be there, of accounts that nobody else has touched.
    """
    # A direction is for people; the sums have both sides.
    keys = {
        (code, posting.money.currency): Account(Kind.ASSET)
        for draft in taken.values()
        for posting in draft.postings
        for code in (posting.debit, posting.credit)
    }
    model = Model(is_asked_each=False, accounts=keys)
    rows = [*found.order_by("created_at")]
    assert {row.id: row.reference for row in rows} == {
        one: draft.reference for one, draft in taken.items()
    }
    for row in rows:
        model.record(taken[row.id], as_id=row.id, created_at=row.created_at)
    assert sums_of([*keys]) == {key: model.sums(key) for key in keys}
