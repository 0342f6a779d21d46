"""When a processor is asked again about an order that has not ended."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from apps.payments.domain.attempts import AttemptStatus

HOURLY: Final = timedelta(hours=1)
DAILY: Final = timedelta(days=1)
# An outcome that is unknown for longer is a matter for people; it is still asked after, daily.
OVERDUE_AFTER: Final = timedelta(hours=72)


def next_enquiry_after(
    status: AttemptStatus, *, enquiries: int, waited: timedelta, delays_s: Sequence[int]
) -> timedelta:
    """Return after how long to ask the processor again.

    An outcome that is unknown holds up a payment: it is asked after soon, then more and more
    seldom. Of an order that the processor took on, it tells by itself; asking once a day finds
    what it told in vain.

    :param enquiries: how often it was asked.
    :param waited: since the order.
    :param delays_s: seconds before the first enquiries; then it is every hour.
    """
    if status is not AttemptStatus.OPEN or waited >= OVERDUE_AFTER:
        return DAILY
    if enquiries < len(delays_s):
        return timedelta(seconds=delays_s[enquiries])
    return HOURLY
