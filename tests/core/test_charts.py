"""Charts: geometry in whole units, which no amount throws off."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.core import charts
from apps.core.money import Money

DAY = date(2026, 1, 1)
amounts = st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=90)


def chart_of(*minors):
    return charts.steps(
        [(DAY + timedelta(days=n), Money(minor, "usd")) for n, minor in enumerate(minors)]
    )


def test_the_largest_is_at_the_top_and_nothing_at_the_bottom():
    chart = chart_of(0, 50, 100)

    assert [day.y for day in chart.days] == [970, 500, 30]
    assert (chart.zero_y, chart.top.minor, chart.bottom.minor) == (970, 100, 0)
    assert chart.line == "M0 970H333V500H666V30H999"
    assert chart.area == "M0 970H333V500H666V30H999V970H0Z"


def test_what_is_below_zero_is_below_the_line_of_zero():
    chart = chart_of(-50, 50)

    assert chart.zero_y == 500
    assert [day.y for day in chart.days] == [970, 30]
    assert chart_of(-1).bottom == Money(-1, "usd")


def test_nothing_but_zeros_lies_at_the_bottom():
    assert [day.y for day in chart_of(0, 0).days] == [970, 970]


@given(amounts)
def test_every_point_is_inside_and_in_order(minors):
    chart = chart_of(*minors)

    assert all(0 <= day.y <= charts.SIZE and day.x < chart.extent for day in chart.days)
    assert 0 < chart.extent <= charts.SIZE
    heights = {day.money.minor: day.y for day in chart.days}
    assert [heights[one] for one in sorted(heights)] == sorted(heights.values(), reverse=True)
