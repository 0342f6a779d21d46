"""The schedule on which what is available is paid out."""

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from apps.accounts.domain import PayoutTerms

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")
INTERVALS: Final = ("daily", "manual", "monthly", "weekly")


@dataclass(frozen=True, slots=True)
class BalanceSettings:
    """What holds for the balance of an account.

    :ivar delay_days: after which the money of a payment becomes available.
    :ivar is_enabled: there is a bank that pays out.
    """

    terms: PayoutTerms
    delay_days: int
    is_enabled: bool


def is_payout_day(
    day: date, *, interval: str, weekdays: Collection[str], month_days: Collection[int]
) -> bool:
    """Return whether a schedule pays out on `day`.

    A day that the month does not have (the 31st of June) is its last one.
    """
    match interval:
        case "daily":
            return day.weekday() < len(WEEKDAYS)
        case "weekly":
            return day.weekday() < len(WEEKDAYS) and WEEKDAYS[day.weekday()] in weekdays
        case "monthly":
            last = calendar.monthrange(day.year, day.month)[1]
            return day.day in {min(wanted, last) for wanted in month_days}
        case _:
            return False


def next_day(now: datetime) -> datetime:
    """Return the beginning of the next day of UTC."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
