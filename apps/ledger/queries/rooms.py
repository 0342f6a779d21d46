"""What decides whether a line can be posted now: the state of the book, and room above floors."""

from collections.abc import Collection

from apps.ledger.domain import Side
from apps.ledger.domain.batches import Account, Room
from apps.ledger.models import LedgerBalance, LedgerState


def get_state() -> LedgerState:
    """Return what holds for the whole book."""
    return LedgerState.objects.get()


def find_rooms(account_ids: Collection[str]) -> dict[Account, Room]:
    """Return how far accounts can still fall, by code and currency; only those with a floor.

    What is reserved to go out is gone already.
    """
    rows = LedgerBalance.objects.filter(account__in=account_ids, floor_minor__isnull=False)
    return {
        (row.account.code, row.account.currency): Room(
            account_id=row.account_id, side=row.account.normal_side, minor=_room_minor(row)
        )
        for row in rows.select_related("account")
    }


def _room_minor(row: LedgerBalance) -> int:
    floor_minor = row.floor_minor or 0
    if row.normal_side == Side.CREDIT:
        return row.credits_minor - row.debits_minor - row.pending_debits_minor - floor_minor
    return row.debits_minor - row.credits_minor - row.pending_credits_minor - floor_minor
