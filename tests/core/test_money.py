"""Money: whole minor units, and sums that stay equal."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import CURRENCIES, Money, allocate, convert, decimals, share_bps
from apps.tenants.domain import FeeSchedule, InvalidFeeSchedule

AMOUNTS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("money", "shown", "major"),
    [
        (Money(123_456, "usd"), "1,234.56 USD", "1234.56"),
        (Money(-5, "eur"), "-0.05 EUR", "-0.05"),
        (Money(-123_456, "eur"), "-1,234.56 EUR", "-1234.56"),
        (Money(5_000, "jpy"), "5,000 JPY", "5000"),
        (Money(-5_000, "jpy"), "-5,000 JPY", "-5000"),
        (Money(1_234_567, "kwd"), "1,234.567 KWD", "1234.567"),
        (Money(7, "kwd"), "0.007 KWD", "0.007"),
        (Money(0, "isk"), "0 ISK", "0"),
    ],
)
def test_each_currency_has_its_own_decimals(money, shown, major):
    assert (str(money), money.major) == (shown, major)


@pytest.mark.parametrize("minor", [1.0, True, "1", None])
def test_nothing_but_a_whole_number_is_an_amount(minor):
    with pytest.raises(TypeError):
        Money(minor, "usd")


def test_currencies_do_not_mix():
    for mix in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(ValueError, match="different currencies"):
            mix(Money(1, "usd"), Money(1, "eur"))
    with pytest.raises(ValueError, match="not a currency"):
        Money(1, "USD")


def test_every_currency_has_two_decimals_or_says_otherwise():
    assert {decimals(code) for code in CURRENCIES} == {0, 2, 3}
    assert (decimals("jpy"), decimals("usd"), decimals("bhd")) == (0, 2, 3)


@given(AMOUNTS, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_parts_add_up_to_the_whole(minor, weights):
    parts = allocate(Money(minor, "usd"), tuple(weights))

    assert sum(part.minor for part in parts) == minor
    assert all(part.minor == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@pytest.mark.parametrize(
    ("minor", "bps", "share"), [(10_000, 290, 290), (50, 100, 1), (49, 100, 0), (-50, 100, -1)]
)
def test_a_share_rounds_half_away_from_zero(minor, bps, share):
    assert share_bps(Money(minor, "usd"), bps) == Money(share, "usd")


@given(st.integers(1, 10**12), st.integers(0, 10_000), st.integers(0, 10**6))
def test_a_fee_is_never_more_than_the_payment(minor, bps, fixed):
    schedule = FeeSchedule(percent_bps=bps, fixed_minor={"usd": fixed})

    assert 0 <= schedule.fee(Money(minor, "usd")).minor <= minor


def test_the_fee_of_a_hundred_dollars():
    schedule = FeeSchedule.from_json({"percent_bps": 290, "fixed_minor": {"usd": 30}})

    assert schedule.fee(Money(10_000, "usd")) == Money(320, "usd")
    assert schedule.fee(Money(10_000, "jpy")) == Money(290, "jpy")


@pytest.mark.parametrize(
    "fees",
    [
        {},
        {"percent_bps": 290},
        {"percent_bps": 2.9, "fixed_minor": {}},
        {"percent_bps": -1, "fixed_minor": {}},
        {"percent_bps": 10_001, "fixed_minor": {}},
        {"percent_bps": 1, "fixed_minor": {"xxx": 1}},
        {"percent_bps": 1, "fixed_minor": {"usd": -1}},
        {"percent_bps": 1, "fixed_minor": {"usd": True}},
    ],
)
def test_fees_that_are_not_well_formed_are_refused(fees):
    with pytest.raises(InvalidFeeSchedule):
        FeeSchedule.from_json(fees)


@pytest.mark.parametrize(
    ("money", "rate", "converted"),
    [
        (Money(100_00, "eur"), "1.0842", Money(108_42, "usd")),
        # The decimals of both count: 1 USD is 150.25 JPY, 1 KWD is 3.2547 USD.
        (Money(100_00, "usd"), "150.25", Money(15_025, "jpy")),
        (Money(15_025, "jpy"), "0.006655574043", Money(100_00, "usd")),
        (Money(1_000, "kwd"), "3.2547", Money(3_25, "usd")),
        (Money(3_25, "usd"), "0.3076923077", Money(1_000, "kwd")),
        # Half a unit goes to the even one.
        (Money(1, "eur"), "0.5", Money(0, "usd")),
        (Money(3, "eur"), "0.5", Money(2, "usd")),
        (Money(5, "eur"), "0.5", Money(2, "usd")),
        (Money(-3, "eur"), "0.5", Money(-2, "usd")),
        (Money(5, "eur"), "0.500000000001", Money(3, "usd")),
        (Money(10**15, "eur"), "1.000000000001", Money(10**15 + 1_000, "usd")),
    ],
)
def test_a_conversion_rounds_half_to_even(money, rate, converted):
    assert convert(money, converted.currency, rate=Decimal(rate)) == converted
