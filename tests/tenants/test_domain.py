"""What a hosting plan charges."""

import pytest

from apps.core.money import Money
from apps.tenants.domain import FeeSchedule, InvalidFeeSchedule

STANDARD = FeeSchedule(percent_bps=290, fixed_minor={"usd": 30})


@pytest.mark.parametrize(
    ("amount", "fee"),
    [
        (Money(10_000, "usd"), Money(320, "usd")),
        (Money(2_500, "usd"), Money(103, "usd")),  # 72.5 cents are rounded up
        (Money(10_000, "eur"), Money(290, "eur")),  # no fixed part in this currency
        (Money(500, "jpy"), Money(15, "jpy")),
        (Money(10, "usd"), Money(10, "usd")),  # never more than the amount
        (Money(0, "usd"), Money(0, "usd")),
    ],
)
def test_a_fee_is_a_percentage_and_a_fixed_part(amount, fee):
    assert STANDARD.fee(amount) == fee


def test_a_schedule_is_read_from_json():
    assert FeeSchedule.from_json({"percent_bps": 290, "fixed_minor": {"usd": 30}}) == STANDARD


@pytest.mark.parametrize(
    "malformed",
    [
        {},
        {"percent_bps": 290},
        {"percent_bps": 2.9, "fixed_minor": {}},
        {"percent_bps": True, "fixed_minor": {}},
        {"percent_bps": -1, "fixed_minor": {}},
        {"percent_bps": 10_001, "fixed_minor": {}},
        {"percent_bps": 290, "fixed_minor": []},
        {"percent_bps": 290, "fixed_minor": {"USD": 30}},
        {"percent_bps": 290, "fixed_minor": {"usd": -1}},
        {"percent_bps": 290, "fixed_minor": {"usd": 0.3}},
        {"percent_bps": 290, "fixed_minor": {}, "dispute_minor": {"usd": -1}},
        {"percent_bps": 290, "fixed_minor": {}, "dispute_minor": None},
    ],
)
def test_a_malformed_schedule_is_refused(malformed):
    with pytest.raises(InvalidFeeSchedule):
        FeeSchedule.from_json(malformed)
