"""The circuit breaker: when it opens, when it tries again, and what it costs who is well."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.breaker import (
    CALLS_MIN,
    FAILURES_IN_A_ROW,
    OPEN_FOR,
    WINDOW,
    Breaker,
    Breakers,
    BreakerState,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def after(breaker, *answers, now=START):
    """Let calls be answered, or not, one after the other."""
    for is_answered in answers:
        if breaker.allow(now=now):
            breaker.note(is_answered=is_answered, now=now)
    return breaker.state(now=now)


def test_it_opens_after_failures_in_a_row():
    breaker = Breaker()
    assert after(breaker, *[False] * (FAILURES_IN_A_ROW - 1)) == BreakerState.CLOSED
    assert after(breaker, False) == BreakerState.OPEN
    assert not breaker.allow(now=START + OPEN_FOR - SECOND)


def test_an_answer_between_them_keeps_it_closed():
    breaker = Breaker()
    few = [False] * (FAILURES_IN_A_ROW - 1)
    assert after(breaker, *few, True, *few) == BreakerState.CLOSED


def test_it_opens_when_half_of_many_fail():
    breaker = Breaker()
    assert after(breaker, *[True, False] * (CALLS_MIN // 2 - 1)) == BreakerState.CLOSED
    assert after(breaker, True, False) == BreakerState.OPEN


def test_old_failures_do_not_count():
    breaker = Breaker()
    for number in range(CALLS_MIN):
        now = START + number * WINDOW
        assert after(breaker, True, False, now=now) == BreakerState.CLOSED


@pytest.mark.parametrize(
    ("is_answered", "state"), [(True, BreakerState.CLOSED), (False, BreakerState.OPEN)]
)
def test_after_a_while_one_call_tries(is_answered, state):
    breaker = Breaker()
    after(breaker, *[False] * FAILURES_IN_A_ROW)
    later = START + OPEN_FOR

    assert breaker.state(now=later) == BreakerState.HALF_OPEN
    assert [breaker.allow(now=later) for _ in range(3)] == [True, False, False]
    breaker.note(is_answered=is_answered, now=later)

    assert breaker.state(now=later) == state


def test_a_call_that_began_before_it_opened_does_not_keep_it_open():
    breaker = Breaker()
    after(breaker, *[False] * FAILURES_IN_A_ROW)
    breaker.note(is_answered=False, now=START + OPEN_FOR - SECOND)
    assert breaker.state(now=START + OPEN_FOR) == BreakerState.HALF_OPEN


def test_a_probe_that_never_comes_back_is_forgotten():
    breaker = Breaker()
    after(breaker, *[False] * FAILURES_IN_A_ROW)
    assert breaker.allow(now=START + OPEN_FOR)
    assert not breaker.allow(now=START + OPEN_FOR + SECOND)
    assert breaker.allow(now=START + 2 * OPEN_FOR)


def test_a_clock_that_is_set_back_does_not_keep_it_open():
    breaker = Breaker()
    after(breaker, *[False] * FAILURES_IN_A_ROW)
    assert breaker.state(now=START - timedelta(hours=1)) == BreakerState.HALF_OPEN


def test_each_name_has_a_breaker_of_its_own_and_who_is_well_has_none():
    breakers = Breakers()
    for _ in range(FAILURES_IN_A_ROW):
        breakers.note("slow", is_answered=False, now=START)
    breakers.note("well", is_answered=True, now=START)

    assert not breakers.allow("slow", now=START)
    assert breakers.allow("well", now=START)
    assert breakers.state("slow", now=START) == BreakerState.OPEN
    assert set(breakers._breakers) == {"slow"}
    assert breakers.allow("slow", now=START + OPEN_FOR)
    breakers.note("slow", is_answered=True, now=START + OPEN_FOR)
    assert breakers._breakers == {}
