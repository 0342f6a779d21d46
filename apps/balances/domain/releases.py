"""What becomes available, and when."""

from datetime import datetime, timedelta
from typing import Final

from apps.balances.domain.balance import own_account
from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain import Posting

MINUTE: Final = timedelta(minutes=1)


def release_postings(*, account_id: str, net: Money) -> tuple[Posting, ...]:
    """Return the movements that make `net` available.

    Where refunds outweigh payments it is less than 0, and comes back out of what was available. A
    sum of many payments may be more than one posting can carry.
    """
    source, target = (
        own_account(account_id, is_available=is_available)
        for is_available in (net.minor < 0, net.minor >= 0)
    )
    full, rest = divmod(abs(net.minor), MAX_MINOR)
    return tuple(
        Posting(debit=source, credit=target, money=Money(minor, net.currency))
        for minor in [MAX_MINOR] * full + [rest]
        if minor
    )


def next_minute(instant: datetime) -> datetime:
    """Return `instant` rounded up to the whole minute."""
    return instant + (datetime.min.replace(tzinfo=instant.tzinfo) - instant) % MINUTE
