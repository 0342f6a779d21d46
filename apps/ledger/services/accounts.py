"""Closing accounts."""

from datetime import datetime

from apps.core.errors import not_found
from apps.ledger.models import LedgerAccount


def close_account(account_id: str, *, now: datetime) -> None:
    """Close an account for good: no posting is accepted after it, or at the same moment.

    :param account_id: the ledger account's (`lacct_…`). One that is closed stays as it is.
    :raises NotFound: there is no such account.
    """
    accounts = LedgerAccount.objects.filter(pk=account_id)
    # The row decides between two who close it at once; the second finds nothing to change.
    if not accounts.filter(closed_at=None).update(closed_at=now) and not accounts.exists():
        raise not_found("ledger account", account_id)
