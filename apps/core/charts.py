"""Charts as inline SVG: the server draws, and the browser runs no code for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from apps.core.money import Money

# The drawing has this many units in each direction, and is stretched to the room that it gets.
SIZE: Final = 1000
# Nothing touches the edge: a line has a width.
_MARGIN: Final = 30


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a chart, with what it shows at the end of that day.

    :ivar x: where it begins; `y`: how far from above the amount is.
    """

    day: date
    money: Money
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Steps:
    """A line that goes in steps, a day each.

    :ivar width: of a day.
    :ivar zero_y: where nothing is.
    :ivar top: the amount at the upper end, and `bottom` at the lower one.
    """

    days: list[Day]
    width: int
    zero_y: int
    top: Money
    bottom: Money

    @property
    def extent(self) -> int:
        """Return how wide the drawing is."""
        return self.width * len(self.days)

    @property
    def line(self) -> str:
        """Return the line, as the `d` of an SVG path."""
        first, *others = self.days
        steps = "".join(f"V{day.y}H{day.x + self.width}" for day in others)
        return f"M{first.x} {first.y}H{first.x + self.width}{steps}"

    @property
    def area(self) -> str:
        """Return what is between the line and nothing, as the `d` of an SVG path."""
        return f"{self.line}V{self.zero_y}H0Z"

    @property
    def last(self) -> Day:
        """Return the last day."""
        return self.days[-1]


def steps(days: Sequence[tuple[date, Money]]) -> Steps:
    """Return the line through the amounts at the end of each day, in order; one day at least."""
    nothing = Money(0, days[0][1].currency)
    amounts = [money for _, money in days]
    top, bottom = max([nothing, *amounts], key=_minor), min([nothing, *amounts], key=_minor)
    room = SIZE - 2 * _MARGIN

    def height(money: Money) -> int:
        # Nothing but zeros lies at the bottom.
        return SIZE - _MARGIN - (money - bottom).minor * room // ((top - bottom).minor or 1)

    width = SIZE // len(days)
    drawn = [
        Day(day=day, money=money, x=place * width, y=height(money))
        for place, (day, money) in enumerate(days)
    ]
    return Steps(days=drawn, width=width, zero_y=height(nothing), top=top, bottom=bottom)


def _minor(money: Money) -> int:
    return money.minor
