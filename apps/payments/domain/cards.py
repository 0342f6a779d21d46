"""Cards: when one is too old, and what is said of one that was declined."""

from datetime import datetime

from apps.core.errors import Declined


class CardDeclined(Declined):
    """The processor declined the card. Its `code` is the processor's."""

    code = "card_declined"


def check_expiry(*, month: int, year: int, now: datetime) -> None:
    """Refuse a card that has expired; it is good until the last day of its month.

    :raises CardDeclined: the year is over, or the month of this year.
    """
    if year < now.year:
        part = "year"
    elif (year, month) < (now.year, now.month):
        part = "month"
    else:
        return
    raise CardDeclined(
        f"Your card's expiration {part} is invalid.",
        code=f"invalid_expiry_{part}",
        param=f"exp_{part}",
    )
