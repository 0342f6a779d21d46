"""Periods: closed through the API, so that nothing is back-dated into them; and opened again."""

import time
from itertools import count

import pytest

from apps.core import clock, context
from apps.core.errors import NotFound
from apps.identity.models import AuditEntry
from apps.ledger import services
from apps.ledger.domain.refusals import PeriodNotLast, ReasonInvalid
from apps.ledger.models import LedgerPeriod, LedgerPosting, LedgerState
from tests.client import ApiClient
from tests.ledger.asking import PATH, move, open_book, post
from tests.races import at_once

PERIODS = "ledger/periods"
# The ends of three months of 2024.
JANUARY, FEBRUARY, MARCH = 1_706_745_600, 1_709_251_200, 1_711_929_600


@pytest.fixture
def accounts(book, api):
    """The accounts of a small shop; with both kinds of projection."""
    return open_book(api)


def close(api, ends_at, **options):
    return api.post(PERIODS, {"ends_at": ends_at}, **options)


def reopen(period, reason="The auditor found a receipt.", by="operator:1"):
    with context.amended(by=by):
        return services.reopen_period(period_id=period["id"], reason=reason, now=clock.now())


def dated(api, at, **options):
    return post(api, move("cash", "sales", 1, effective_at=at), **options)


def audited():
    columns = ("action", "object_id", "by", "reason", "before", "after")
    entries = AuditEntry.objects.filter(action__startswith="ledger.period").order_by("id")
    return list(entries.values_list(*columns))


def test_nothing_is_back_dated_into_a_closed_period(api, accounts):
    pending = post(api, move("cash", "sales", 5, pending=True, effective_at=JANUARY - 5))
    early = dated(api, JANUARY - 1)

    period = close(api, JANUARY)

    assert (period["object"], period["starts_at"], period["ends_at"], period["status"]) == (
        "ledger.period",
        None,
        JANUARY,
        "closed",
    )
    assert period["closed_by"].startswith("key:")
    assert api.get(f"{PERIODS}/{period['id']}") == period
    error = dated(api, JANUARY - 1, status=400).error
    assert (error["code"], error["param"]) == ("ledger_period_closed", "effective_at")
    dated(api, JANUARY)
    post(api, move("cash", "sales", 1))
    # What was done in it is undone after it, and what was reserved in it is resolved after it.
    undo = f"{PATH}/{early['id']}/reverse"
    at = {"effective_at": JANUARY - 1}
    assert api.post(undo, at, status=400).error["code"] == "ledger_period_closed"
    assert api.post(undo)["effective_at"] >= JANUARY
    settle = f"{PATH}/{pending['id']}/post"
    assert api.post(settle, at, status=400).error["code"] == "ledger_period_closed"
    assert api.post(settle)["effective_at"] >= JANUARY


def test_a_period_begins_where_the_last_one_ends(api, accounts):
    first, second = close(api, JANUARY), close(api, FEBRUARY)

    assert (second["starts_at"], second["ends_at"]) == (JANUARY, FEBRUARY)
    assert [row["id"] for row in api.get(PERIODS)["data"]] == [second["id"], first["id"]]
    # The same end again is the same period, also that of an earlier one.
    assert (close(api, JANUARY), close(api, FEBRUARY)) == (first, second)
    between = close(api, JANUARY + 5, status=400).error
    # What is being posted at this moment may count a moment ago.
    now, future = (close(api, int(time.time()) + late, status=400).error for late in (-30, 100))
    assert [(one["code"], one["param"]) for one in (between, now, future)] == [
        ("ledger_period_invalid", "ends_at")
    ] * 3
    assert LedgerPeriod.objects.count() == 2


def test_an_operator_opens_the_last_one_again(api, accounts):
    first, second = close(api, JANUARY), close(api, FEBRUARY)
    with pytest.raises(PeriodNotLast):
        reopen(first)

    reopened = reopen(second)

    shown = api.get(f"{PERIODS}/{second['id']}")
    assert (shown["status"], shown["reopened_by"], shown["reopen_reason"]) == (
        "reopened",
        "operator:1",
        "The auditor found a receipt.",
    )
    assert reopened.reopened_at is not None
    dated(api, FEBRUARY - 1)
    dated(api, JANUARY - 1, status=400)
    with pytest.raises(PeriodNotLast):
        reopen(second)
    # Closed again, it is another period; and now the one before can be the last.
    again = close(api, FEBRUARY)
    assert again["id"] != second["id"]
    reopen(again)
    reopen(first)
    dated(api, 5)
    assert LedgerState.objects.get().closed_before is None
    assert close(api, MARCH)["starts_at"] is None


def test_closing_and_opening_are_on_the_audit_trail(api, accounts):
    first, second = close(api, JANUARY), close(api, FEBRUARY)
    close(api, FEBRUARY)
    reopen(second)

    january, february = (clock.from_unix(at).isoformat() for at in (JANUARY, FEBRUARY))
    key = first["closed_by"]
    assert audited() == [
        ("ledger.period.closed", first["id"], key, "", none(), before(january)),
        ("ledger.period.closed", second["id"], key, "", before(january), before(february)),
        (
            *("ledger.period.reopened", second["id"], "operator:1"),
            *("The auditor found a receipt.", before(february), before(january)),
        ),
    ]


def before(instant):
    return {"closed_before": instant}


def none():
    return before(None)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reason": "  "}, ReasonInvalid),
        ({"reason": "x" * 501}, ReasonInvalid),
        ({"period_id": "lper_nothing"}, NotFound),
    ],
)
def test_opening_again_needs_a_period_and_a_reason(api, accounts, changes, refusal):
    given = {"period_id": close(api, JANUARY)["id"], "reason": "Because.", "now": clock.now()}

    with pytest.raises(refusal):
        services.reopen_period(**{**given, **changes})

    assert LedgerState.objects.get().closed_before == clock.from_unix(JANUARY)
    assert len(audited()) == 1


def test_a_key_closes_a_period_once_for_all_its_retries(api, accounts):
    first = close(api, JANUARY, idempotency_key="k")

    assert close(api, JANUARY, idempotency_key="k").body == first.body
    assert len(audited()) == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "parameter_missing"),
        ({"ends_at": ""}, "parameter_invalid_empty"),
        ({"ends_at": "soon"}, "parameter_invalid_integer"),
        ({"ends_at": -1}, "parameter_invalid_integer"),
        ({"ends_at": 10**12}, "parameter_invalid_integer"),
    ],
)
def test_an_end_is_a_time(api, accounts, params, code):
    error = api.post(PERIODS, params, status=400).error

    assert (error["code"], error["param"]) == (code, "ends_at")
    assert LedgerPeriod.objects.count() == 0


def test_nothing_slips_into_a_period_that_is_being_closed(committed):
    """Eight keep back-dating into it, while it is closed."""
    api = ApiClient(committed.secret_key)
    open_book(api)
    numbers = count()

    def back_date():
        """Post until it is refused; return the last answer and how many were taken."""
        for taken in count():
            reference = f"r{next(numbers)}"
            given = move("cash", "sales", 1, effective_at=JANUARY - 1, reference=reference)
            answer = post(api, given, status=None)
            if answer.status != 200:
                return answer.error["code"], taken
        raise AssertionError

    def close_it():
        with context.enter(committed.environment, by="system"):
            while LedgerPosting.objects.count() < 20:
                time.sleep(0.01)
        close(api, JANUARY)
        with context.enter(committed.environment, by="system"):
            return LedgerPosting.objects.filter(effective_at__lt=clock.from_unix(JANUARY)).count()

    *posters, when_closed = at_once(*[back_date] * 8, close_it)

    assert {code for code, _ in posters} == {"ledger_period_closed"}
    with context.enter(committed.environment, by="system"):
        there = LedgerPosting.objects.filter(effective_at__lt=clock.from_unix(JANUARY)).count()
    assert when_closed == there == sum(taken for _, taken in posters) >= 20


def test_a_period_is_closed_once_by_many(committed):
    api = ApiClient(committed.secret_key)

    answers = at_once(*[lambda: close(api, JANUARY)] * 6)

    assert len({answer["id"] for answer in answers}) == 1


def test_closing_and_opening_at_once_leave_a_chain_of_periods(committed):
    api = ApiClient(committed.secret_key)
    first = close(api, JANUARY)

    def reopen_first():
        with context.enter(committed.environment, by="operator:1"):
            return services.reopen_period(period_id=first["id"], reason="A race.", now=clock.now())

    outcomes = at_once(
        *[reopen_first] * 3,
        *[lambda at=at: close(api, at, status=None) for at in (FEBRUARY, MARCH)],
    )

    assert all(not isinstance(one, Exception) or isinstance(one, PeriodNotLast) for one in outcomes)
    with context.enter(committed.environment, by="system"):
        closed = LedgerPeriod.objects.filter(reopened_at=None).order_by("ends_at")
        ends = [period.ends_at for period in closed]
        starts = [period.starts_at for period in closed]
        assert LedgerState.objects.get().closed_before == (ends[-1] if ends else None)
        assert starts == [None, *ends][: len(starts)]
