"""The machine of payouts, and the days of a schedule."""

from datetime import UTC, date, datetime

import pytest

from apps.balances import domain
from apps.balances.domain import NEXT, PayoutMove, PayoutNotPossible, PayoutStatus, TransferState

AVAILABLE, IN_TRANSIT, BANK = "available", "in_transit", "bank"
# Where the money goes with each move, beside the payout being made.
MOVES = {
    (PayoutStatus.PENDING, PayoutMove.CANCEL): (IN_TRANSIT, AVAILABLE),
    (PayoutStatus.PENDING, PayoutMove.FAIL): (IN_TRANSIT, AVAILABLE),
    (PayoutStatus.IN_TRANSIT, PayoutMove.ARRIVE): (IN_TRANSIT, BANK),
    (PayoutStatus.IN_TRANSIT, PayoutMove.FAIL): (IN_TRANSIT, AVAILABLE),
    (PayoutStatus.PAID, PayoutMove.FAIL): (BANK, AVAILABLE),
}


def walks(status, seen=()):
    """Yield every walk from `status`, as the moves of it."""
    yield seen
    for (source, move), target in NEXT.items():
        if source == status:
            yield from walks(target, (*seen, (source, move)))


@pytest.mark.parametrize("walk", list(walks(PayoutStatus.PENDING)), ids=str)
def test_the_money_is_always_in_one_place(walk):
    held = {AVAILABLE: 0, IN_TRANSIT: 100, BANK: 0}
    status = PayoutStatus.PENDING
    for source, move in walk:
        status = domain.next_payout_status(source, move)
        if (source, move) in MOVES:
            giver, taker = MOVES[source, move]
            held[giver] -= 100
            held[taker] += 100

    place = {
        PayoutStatus.PENDING: IN_TRANSIT,
        PayoutStatus.IN_TRANSIT: IN_TRANSIT,
        PayoutStatus.PAID: BANK,
        PayoutStatus.FAILED: AVAILABLE,
        PayoutStatus.CANCELED: AVAILABLE,
    }[status]
    assert held == {**dict.fromkeys(held, 0), place: 100}


@pytest.mark.parametrize("status", list(PayoutStatus))
@pytest.mark.parametrize("state", list(TransferState))
def test_every_answer_is_a_walk_of_the_machine_and_is_heard_once(status, state):
    for move in domain.moves_of(status, state):
        status = domain.next_payout_status(status, move)

    assert domain.moves_of(status, state) == ()


def test_what_has_ended_stays():
    for status in (PayoutStatus.CANCELED, PayoutStatus.FAILED):
        for move in PayoutMove:
            with pytest.raises(PayoutNotPossible):
                domain.next_payout_status(status, move)
    reversed_back = domain.moves_of(PayoutStatus.PAID, TransferState.FAILED, is_reversal=True)
    assert reversed_back == ()


@pytest.mark.parametrize(
    ("made", "arrives"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)),  # a Monday
        (datetime(2026, 11, 27, 9, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),  # a Friday
        (datetime(2026, 11, 28, 9, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),
        (datetime(2026, 11, 29, 23, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),
    ],
)
def test_a_payout_arrives_on_the_next_business_day_or_at_once(made, arrives):
    assert domain.arrival_of("standard", now=made) == arrives
    assert domain.arrival_of("instant", now=made) == made


@pytest.mark.parametrize(
    ("interval", "weekdays", "days", "paid_on"),
    [
        ("manual", ("monday",), (1,), []),
        (
            "daily",
            (),
            (),
            [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27],
        ),
        ("weekly", ("tuesday", "friday"), (), [3, 6, 10, 13, 17, 20, 24, 27]),
        ("weekly", (), (), []),
        ("monthly", (), (1, 15), [1, 15]),
        ("monthly", (), (30, 31), [28]),
        ("monthly", (), (28, 31), [28]),
    ],
)
def test_a_schedule_has_its_days(interval, weekdays, days, paid_on):
    """February 2026 begins on a Sunday."""
    found = [
        day
        for day in range(1, 29)
        if domain.is_payout_day(
            date(2026, 2, day), interval=interval, weekdays=weekdays, month_days=days
        )
    ]

    assert found == paid_on
