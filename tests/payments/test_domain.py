"""The machine of a payment: which ways lead where, and what amounts are allowed."""

import pytest

from apps.core.money import Money
from apps.payments import domain
from apps.payments.domain import NEXT, SETUP_NEXT, Move, Status

EUR_25 = Money(2_500, "eur")
NOTHING = Money(0, "eur")


def reachable(start: Status) -> set[Status]:
    """Return every status that some way leads to from `start`, itself included."""
    found, todo = {start}, [start]
    while todo:
        at = todo.pop()
        new = {target for (source, _), target in NEXT.items() if source == at} - found
        found |= new
        todo += new
    return found


def test_a_payment_that_is_over_stays_so():
    assert reachable(Status.SUCCEEDED) == {Status.SUCCEEDED}
    assert reachable(Status.CANCELED) == {Status.CANCELED}


def test_money_is_only_taken_by_a_processor():
    into_success = {(source, move) for (source, move), to in NEXT.items() if to == Status.SUCCEEDED}

    assert into_success == {(Status.PROCESSING, Move.APPROVE)}


def test_every_other_status_can_still_end_both_ways():
    for status in set(Status) - {Status.SUCCEEDED, Status.CANCELED}:
        assert {Status.SUCCEEDED, Status.CANCELED} <= reachable(status), status


def test_who_is_asked_has_not_paid():
    """Only the processor moves the money on, whatever the customer answered."""
    after_action = {to for (source, _), to in NEXT.items() if source == Status.REQUIRES_ACTION}

    assert after_action == {
        Status.PROCESSING,
        Status.REQUIRES_CONFIRMATION,
        Status.REQUIRES_PAYMENT_METHOD,
        Status.CANCELED,
    }


def test_a_setup_is_a_payment_without_money():
    waits = {(Status.PROCESSING, Move.WAIT)}
    assert set(SETUP_NEXT) - waits <= set(NEXT)
    for step, to in SETUP_NEXT.items():
        assert NEXT[step] == to
        assert Status.REQUIRES_CAPTURE not in (step[0], to)
    ends = {to for to in SETUP_NEXT.values() if not any(at == to for at, _ in SETUP_NEXT)}
    assert ends == {Status.SUCCEEDED, Status.CANCELED}
    with pytest.raises(domain.IllegalSetupMove, match="succeeded"):
        domain.next_setup_status(Status.SUCCEEDED, Move.SUBMIT)


@pytest.mark.parametrize(
    ("total", "captured", "increments", "param"),
    [(2_501, 0, 0, None), (2_500, 0, 0, "amount"), (2_501, 1, 0, ""), (2_501, 0, 10, "")],
)
def test_an_authorisation_is_raised_while_nothing_is_captured(total, captured, increments, param):
    asked = {"authorised": EUR_25, "captured": Money(captured, "eur"), "increments": increments}
    if param is None:
        assert domain.increment_amount(total, **asked) == Money(total, "eur")
        return
    with pytest.raises(domain.NoIncrement) as refusal:
        domain.increment_amount(total, **asked)
    assert (refusal.value.param or "") == param


@pytest.mark.parametrize("url", ["https://a.example/b?c=d", "http://127.0.0.1:8000", "app://x"])
def test_a_page_or_an_app_is_where_customers_come_back(url):
    assert domain.check_return_url(url) == url


@pytest.mark.parametrize(
    ("status", "move"),
    [
        (Status.SUCCEEDED, Move.SUBMIT),
        (Status.SUCCEEDED, Move.CANCEL),
        (Status.PROCESSING, Move.SUBMIT),
        (Status.PROCESSING, Move.SUBMIT_CAPTURE),
        (Status.CANCELED, Move.SUBMIT),
        (Status.REQUIRES_PAYMENT_METHOD, Move.SUBMIT),
        (Status.REQUIRES_CAPTURE, Move.CANCEL),
        (Status.REQUIRES_ACTION, Move.APPROVE),
        (Status.REQUIRES_ACTION, Move.SUBMIT),
    ],
)
def test_what_is_not_listed_is_refused(status: Status, move: Move):
    with pytest.raises(domain.IllegalMove, match=status.value):
        domain.next_status(status, move)


@pytest.mark.parametrize(("asked", "captured"), [(None, 2_500), (1, 1), (2_500, 2_500)])
def test_a_capture_takes_what_is_asked_or_all(asked: int | None, captured: int):
    assert domain.capture_amount(asked, capturable=EUR_25) == Money(captured, "eur")


def test_no_more_is_captured_than_was_authorised():
    with pytest.raises(domain.AmountTooLarge) as refusal:
        domain.capture_amount(2_501, capturable=EUR_25)

    assert refusal.value.param == "amount_to_capture"


@pytest.mark.parametrize(
    ("asked", "captured", "refunded", "expected"),
    [
        (None, EUR_25, NOTHING, 2_500),
        (None, EUR_25, Money(500, "eur"), 2_000),
        (2_000, EUR_25, Money(500, "eur"), 2_000),
        (2_001, EUR_25, Money(500, "eur"), domain.AmountTooLarge),
        (None, EUR_25, EUR_25, domain.AlreadyRefunded),
        (1, EUR_25, EUR_25, domain.AlreadyRefunded),
        (None, NOTHING, NOTHING, domain.NotRefundable),
    ],
)
def test_no_more_goes_back_than_is_left(asked, captured, refunded, expected):
    if isinstance(expected, int):
        amount = domain.refund_amount(asked, captured=captured, refunded=refunded)
        assert amount == Money(expected, "eur")
    else:
        with pytest.raises(expected):
            domain.refund_amount(asked, captured=captured, refunded=refunded)
