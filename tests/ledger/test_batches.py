"""`/v1/ledger/transactions/batch`: all or none, or each line as if it came by itself."""

import random
import time
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core import clock, context
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, batches
from apps.ledger.domain.batches import Room
from apps.ledger.domain.chart import Side
from apps.ledger.models import LedgerPosting, LedgerState, LedgerTransaction
from tests.client import ApiClient
from tests.ledger.asking import (
    PATH,
    Given,
    balances,
    entry,
    move,
    open_account,
    open_book,
    post,
    posting,
)
from tests.races import at_once

BATCH = f"{PATH}/batch"
LINES = 10_000
# A few seconds on a machine of one's own; the tests' is shared.
SLOWEST_S = 20


@pytest.fixture
def accounts(book, api):
    """The accounts of a small shop; with both kinds of projection."""
    return open_book(api)


def batch(api, *lines, mode="atomic", **options):
    return api.post(BATCH, {"transactions": list(lines), "mode": mode}, is_json=True, **options)


def outcomes(answer):
    return [
        (row["status"], row["error"] and (row["error"]["code"], row["error"]["param"]))
        for row in answer["results"]
    ]


def rows():
    """Return how many transactions and postings there are."""
    connection.set_tenant(context.current().environment)  # type: ignore[attr-defined]
    return LedgerTransaction.objects.count(), LedgerPosting.objects.count()


POSTED, REPLAYED = ("posted", None), ("replayed", None)


def refused(code, param):
    return "refused", (code, param)


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_all_kinds_of_transactions_come_in_a_batch(api, accounts, mode):
    answer = batch(
        api,
        move("cash", "sales", 100, reference="a", metadata={"k": "v"}),
        {"entries": [entry("debit", "rent", 5), entry("credit", accounts["cash"], 5)]},
        move("cash", "sales", 7, pending=True, expires_at=int(time.time()) + 1000),
        {
            "exchange": {
                "from": "cash",
                "from_amount": 10,
                "from_currency": "usd",
                "rate": "0.9",
                "to": "cash",
                "to_currency": "eur",
            }
        },
        move("cash", "sales", 1, effective_at=1_700_000_000),
        mode=mode,
    )

    assert outcomes(answer) == [POSTED] * 5
    assert [answer[name] for name in ("posted", "replayed", "refused")] == [5, 0, 0]
    shown = [api.get(f"{PATH}/{row['transaction']}") for row in answer["results"]]
    assert shown[0]["metadata"] == {"k": "v"}
    assert [len(one["entries"]) for one in shown] == [2, 2, 2, 4, 2]
    assert (shown[2]["status"], shown[3]["exchange"]["to_amount"]) == ("pending", 9)
    assert shown[4]["effective_at"] == 1_700_000_000
    assert balances(api)["cash", "usd"] == (100 - 5 - 10 + 1, 100 - 5 - 10 + 1)
    assert queries.check_drift() == []


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_a_form_holds_a_batch_too(api, accounts, mode):
    lines = [move("cash", "sales", 1, reference=f"r{number}") for number in range(30)]

    answer = api.post(BATCH, {"transactions": lines, "mode": mode})

    assert outcomes(answer) == [POSTED] * 30
    assert balances(api)["cash", "usd"] == (30, 30)


def test_an_atomic_batch_is_one_statement_and_its_lines_are_in_their_order(api, accounts):
    lines = [move("cash", "sales", 1 + n, reference=f"r{9 - n}") for n in range(5)]
    with CaptureQueriesContext(connection) as captured:
        batch(api, *lines)

    assert sum("ledger_post(" in one["sql"] for one in captured) == 1
    assert sum('FROM "ledger_account"' in one["sql"] for one in captured) == 1
    listed = api.get(f"ledger/accounts/{accounts['cash']}/entries")["data"]
    assert [row["balance"] for row in listed] == [15, 10, 6, 3, 1]


@pytest.mark.parametrize(
    ("line", "code", "param"),
    [
        (move("nothing", "sales", 1), "ledger_account_missing", "[postings][0][debit]"),
        (move("cash", "sales", 0), "amount_too_small", "[postings][0][amount]"),
        (move("cash", "cash", 1), "posting_invalid", "[postings][0][credit]"),
        (move("card", "sales", 1), "balance_insufficient", "[postings][0][debit]"),
        (move("cash", "sales", 2, reference="there"), "reference_reused", "[reference]"),
        (move("cash", "sales", 2, reference="first"), "reference_reused", "[reference]"),
        (move("cash", "sales", 1, effective_at=5), "ledger_period_closed", "[effective_at]"),
        (move("gone", "sales", 1), "ledger_account_closed", "[postings][0][debit]"),
        (
            move("cash", "sales", 1, pending=True, expires_at=5),
            "expires_at_invalid",
            "[expires_at]",
        ),
        ({}, "parameter_missing", "[postings]"),
        (move("cash", "sales", 1, surprise=1), "parameter_unknown", "[surprise]"),
        (
            {"entries": [entry("debit", "cash", 2), entry("credit", "sales", 1)]},
            "journal_unbalanced",
            "[entries]",
        ),
        ("text", "parameter_invalid_object", ""),
        (None, "parameter_invalid_empty", ""),
    ],
)
def test_a_refusal_names_its_line(api, accounts, line, code, param):
    api.post(f"ledger/accounts/{open_account(api, 'gone')}/close")
    post(api, move("cash", "sales", 1, reference="there"))
    api.post("ledger/periods", {"ends_at": 1_000_000_000})
    good = move("cash", "sales", 1)
    before = rows()
    named = f"transactions[2]{param}"

    answer = batch(api, {**good, "reference": "first"}, good, line, good, status=None)

    assert (answer.error["code"], answer.error["param"]) == (code, named)
    assert answer.status == (409 if code == "reference_reused" else 400)
    assert rows() == before

    answer = batch(api, {**good, "reference": "first"}, good, line, good, mode="each")

    assert outcomes(answer) == [POSTED, POSTED, refused(code, named), POSTED]
    assert answer["results"][2]["transaction"] is None
    assert rows() == (before[0] + 3, before[1] + 3)


def test_an_atomic_batch_is_asked_about_floors_as_a_whole_and_names_who_falls(
    api, accounts, projection
):
    out_and_in = [move("card", "sales", 5), move("cash", "card", 5)]
    if projection == "statement":
        assert outcomes(batch(api, *out_and_in)) == [POSTED] * 2
    else:
        error = batch(api, *out_and_in, status=400).error
        assert error["param"] == "transactions[0][postings][0][debit]"
    lines = [move("cash", "card", 10), *[move("card", "sales", 4, pending=True)] * 3]

    error = batch(api, *lines, status=400).error

    assert (error["code"], error["param"]) == (
        "balance_insufficient",
        "transactions[3][postings][0][debit]",
    )


def test_each_line_is_asked_about_floors_by_itself(api, accounts):
    answer = batch(
        api,
        move("card", "sales", 5, reference="too early"),
        move("cash", "card", 10, reference="top-up"),
        move("card", "sales", 6, reference="b"),
        move("card", "sales", 6, reference="a", pending=True),
        move("card", "sales", 4, reference="hold", pending=True),
        move("cash", "card", 100, reference="may come", pending=True),
        move("card", "sales", 1, reference="nothing left"),
        move("cash", "card", 10, reference="top-up"),
        move("cash", "card", 1, reference="one more"),
        move("card", "sales", 1, reference="spent"),
        mode="each",
    )

    too_little = "balance_insufficient"
    assert outcomes(answer) == [
        refused(too_little, "transactions[0][postings][0][debit]"),
        POSTED,
        POSTED,
        refused(too_little, "transactions[3][postings][0][debit]"),
        POSTED,
        POSTED,
        refused(too_little, "transactions[6][postings][0][debit]"),
        REPLAYED,
        POSTED,
        POSTED,
    ]
    assert answer["results"][7]["transaction"] == answer["results"][1]["transaction"]
    assert balances(api)["card", "usd"] == (4, 0)


def test_each_line_is_posted_once(api, accounts):
    lines = [move("cash", "sales", 1 + n, reference=f"r{n}") for n in range(4)]
    first = batch(api, *lines[:2], mode="each")

    answer = batch(api, *lines, move("cash", "sales", 9, reference="r3"), lines[2], mode="each")

    assert outcomes(answer) == [
        REPLAYED,
        REPLAYED,
        POSTED,
        POSTED,
        refused("reference_reused", "transactions[4][reference]"),
        REPLAYED,
    ]
    ids = [row["transaction"] for row in answer["results"]]
    assert ids[:2] == [row["transaction"] for row in first["results"]]
    assert ids[5] == ids[2]
    assert batch(api, *lines)["replayed"] == 4


def test_a_line_is_replayed_whatever_has_changed_since(api, accounts):
    line = move("cash", "sales", 1, reference="r", effective_at=1_000)
    first = post(api, line)
    api.post("ledger/periods", {"ends_at": 1_000_000_000})
    with transaction.atomic():
        services.close_account(accounts["cash"], now=clock.now())

    for mode in ("atomic", "each"):
        answer = batch(api, line, mode=mode)
        assert (outcomes(answer), answer["results"][0]["transaction"]) == ([REPLAYED], first["id"])


def test_of_a_frozen_book_every_new_line_is_refused(api, accounts):
    post(api, move("cash", "sales", 1, reference="there"))
    LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="It does not add up.")
    lines = [move("cash", "sales", 1, reference="there"), *[move("cash", "sales", 2)] * 3]

    answer = batch(api, *lines, mode="each")
    whole = batch(api, *lines, status=409).error

    assert outcomes(answer) == [
        REPLAYED,
        *[("refused", ("ledger_frozen", f"transactions[{n}]")) for n in (1, 2, 3)],
    ]
    assert (whole["code"], whole["param"]) == ("ledger_frozen", "transactions")


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_an_idempotency_key_replays_the_whole_answer(api, accounts, mode):
    lines = [move("cash", "sales", 1), move("cash", "card", 1)]
    first = batch(api, *lines, mode=mode, idempotency_key="k")

    again = batch(api, *lines, mode=mode, idempotency_key="k")

    assert again.body == first.body
    assert rows() == (2, 2)


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_ten_thousand_lines_take_seconds(api, mode):
    open_book(api)
    lines = [
        move(
            "cash",
            "card" if n % 2 else "sales",
            1,
            reference=f"order:{n:010}",
            metadata={"n": str(n)},
        )
        for n in range(LINES)
    ]
    started = time.monotonic()

    answer = batch(api, *lines, mode=mode, is_whole=False)

    assert answer["posted"] == LINES
    assert time.monotonic() - started < SLOWEST_S
    assert balances(api)["card", "usd"] == (LINES // 2, LINES // 2)
    assert rows() == (LINES, LINES)


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_a_batch_has_a_size(api, mode):
    open_book(api)
    line = move("cash", "sales", 1)
    too_long = {"postings": line["postings"] * 5_000}

    for lines, code in (
        ([], "parameter_invalid_empty"),
        ([line] * (LINES + 1), "parameter_invalid_array"),
        ([too_long] * 11, "batch_too_large"),
    ):
        error = batch(api, *lines, mode=mode, status=400).error
        assert (error["code"], error["param"]) == (code, "transactions")
    # More than other requests may have, and not more than this one may.
    body = {**line, "metadata": {f"k{n}": "x" * 500 for n in range(50)}}
    assert batch(api, *[body] * 250, mode=mode)["posted"] == 250
    error = batch(api, *[body] * 700, mode=mode, status=400).error
    assert error["code"] == "request_too_large"
    other = api.post("customers", {"metadata": {"k": "x" * 6_000_000}}, is_json=True, status=400)
    assert other.error["code"] == "request_too_large"
    assert rows() == (250, 250)


@pytest.mark.parametrize("seed", range(6))
def test_each_line_fares_as_if_it_came_by_itself(api, accounts, seed):
    """Random lines, over accounts with floors and without: one by one, and as a batch."""
    chance = random.Random(seed)
    open_account(api, "points", kind="liability", floor=-20)
    closed = open_account(api, "gone")
    api.post(f"ledger/accounts/{closed}/close")
    api.post("ledger/periods", {"ends_at": 1_000_000_000})
    lines = [random_line(chance) for _ in range(50)]

    def one_by_one():
        found = []
        for index, line in enumerate(lines):
            answer = api.post(PATH, line, is_json=True, status=None)
            assert answer.status < 500
            error = answer.error if answer.status >= 400 else {}
            param = error.get("param") and batches_param(index, error["param"])
            found.append((error.get("code"), param))
        return found, balances(api)

    alone, after_alone = rolled_back(one_by_one)
    together = batch(api, *lines, mode="each")

    assert [
        (row["error"] and row["error"]["code"], row["error"] and row["error"]["param"])
        for row in together["results"]
    ] == [(code, param if code else None) for code, param in alone]
    assert balances(api) == after_alone
    assert queries.check_drift() == []
    # The story has everything in it.
    assert {row["status"] for row in together["results"]} == {"posted", "replayed", "refused"}


def random_line(chance):
    codes = ["cash", "sales", "card", "points", "card", "points", "gone"]
    weights = [5, 5, 5, 5, 5, 5, 1]
    debit, credit = chance.choices(codes, weights, k=2)
    postings = [posting(debit, credit, chance.randint(1, 30))]
    if chance.random() < 0.3:
        postings.append(posting("card", "points", chance.randint(1, 20)))
    line: Given = {"postings": postings}
    if chance.random() < 0.5:
        line["reference"] = f"r{chance.randrange(8)}"
        line["postings"] = [posting("cash", "card", 5 + chance.randrange(2))]
    if chance.random() < 0.2:
        line["pending"] = True
    if chance.random() < 0.1:
        line["effective_at"] = chance.choice([999_999_999, 1_000_000_000])
    return line


def batches_param(index, param):
    name, bracket, rest = param.partition("[")
    return f"transactions[{index}][{name}]{bracket}{rest}"


def rolled_back(call):
    # A savepoint and no block: a use case refuses to be inside of one.
    savepoint = transaction.savepoint()
    try:
        return call()
    finally:
        connection.set_tenant(context.current().environment)  # type: ignore[attr-defined]
        transaction.savepoint_rollback(savepoint)


@pytest.fixture
def shop(committed):
    """A client of an environment with commits, whose accounts are open."""
    api = ApiClient(committed.secret_key)
    open_book(api)
    return api


def test_batches_and_single_transactions_do_not_stop_each_other(shop):
    """Every writer takes the accounts in another order; half of the lines are for floors."""
    codes = [f"wallet-{n}" for n in range(6)]
    for code in codes:
        open_account(shop, code, kind="liability", floor=0)
    batch(shop, *[move("cash", code, 1_000) for code in codes])

    def writer(number):
        order = random.Random(number)
        lines = []
        for turn in range(12):
            chosen = order.sample(codes, 4)
            lines += [move(a, b, 3, reference=f"{number}:{turn}:{a}") for a, b in pairwise(chosen)]
            lines.append(move("cash", order.choice(codes), 1, reference=f"{number}:{turn}"))
        if number % 4 == 3:
            return lambda: [post(shop, line, status=None) for line in lines]
        mode = ("each", "atomic", "each")[number % 4]
        return lambda: [batch(shop, *lines, mode=mode, status=None)]

    answers = at_once(*[writer(number) for number in range(12)])

    assert all(answer.status == 200 for some in answers for answer in some), answers
    assert sum(posted for posted, _ in (balances(shop)[code, "usd"] for code in codes)) == (
        6_000 + 12 * 12
    )


def interfere(act):
    """Let `act` happen elsewhere, and commit, just before the lines of a batch are posted."""
    done: list[bool] = []

    def wrapper(execute, sql, params, many, details):
        if "ledger_post(" in sql and not done:
            done.append(True)
            (outcome,) = at_once(act)
            assert not isinstance(outcome, Exception), outcome
        return execute(sql, params, many, details)

    return connection.execute_wrapper(wrapper)


def test_what_somebody_did_meanwhile_is_the_lines_own_matter(shop):
    lines = [move("cash", "sales", 1 + n, reference=f"r{n}") for n in range(16)]

    def take_references():
        post(shop, move("vault", "sales", 5, reference="r3"))
        return post(shop, move("cash", "sales", 12, reference="r11"))

    with interfere(take_references):
        answer = batch(shop, *lines, mode="each")

    expected = [POSTED] * 16
    expected[3] = refused("reference_reused", "transactions[3][reference]")
    expected[11] = REPLAYED
    assert outcomes(answer) == expected
    assert balances(shop)["cash", "usd"][0] == sum(1 + n for n in range(16) if n != 3)


def test_a_period_that_is_closed_meanwhile_refuses_what_is_in_it(shop):
    lines = [move("cash", "sales", 1, effective_at=1_000 * (n % 3) + 1) for n in range(9)]

    with interfere(lambda: shop.post("ledger/periods", {"ends_at": 1_500})):
        answer = batch(shop, *lines, mode="each")

    expected = [
        POSTED
        if n % 3 == 2
        else refused("ledger_period_closed", f"transactions[{n}][effective_at]")
        for n in range(9)
    ]
    assert outcomes(answer) == expected


def test_a_book_that_is_frozen_meanwhile_takes_no_line(shop, committed):
    lines = [move("cash", "sales", 1)] * 5

    def freeze():
        with context.enter(committed.environment, by="system"):
            return LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="No.")

    with interfere(freeze):
        answer = batch(shop, *lines, mode="each")

    assert answer["refused"] == 5
    assert {row["error"]["code"] for row in answer["results"]} == {"ledger_frozen"}


def test_what_is_spent_meanwhile_counts_before_each_line(shop):
    """Together, what comes in would have covered what goes out first."""
    batch(shop, move("cash", "card", 100))
    lines = [move("card", "sales", 80), move("cash", "card", 50), move("card", "sales", 60)]

    with interfere(lambda: post(shop, move("card", "rent", 30))):
        answer = batch(shop, *lines, mode="each")

    assert outcomes(answer) == [
        refused("balance_insufficient", "transactions[0][postings][0][debit]"),
        POSTED,
        POSTED,
    ]
    assert balances(shop)["card", "usd"] == (60, 60)


def test_what_moves_meanwhile_and_changes_nothing_is_let_pass(shop):
    batch(shop, move("cash", "card", 100))
    lines = [move("card", "sales", 20), move("card", "sales", 500), move("card", "sales", 30)]

    spend = interfere(lambda: post(shop, move("card", "rent", 50)))
    with CaptureQueriesContext(connection) as captured, spend:
        answer = batch(shop, *lines, mode="each")

    assert [row["status"] for row in answer["results"]] == ["posted", "refused", "posted"]
    assert sum("LOCK TABLE" in one["sql"] for one in captured) == 0
    assert ("card", "usd") not in balances(shop)


def drafts(*moved):
    return [
        Draft((Posting(debit=a, credit=b, money=Money(minor, "usd")),), reference=str(n))
        for n, (a, b, minor) in enumerate(moved)
    ]


@pytest.mark.parametrize(
    ("moved", "line"),
    [
        ([("card", "sales", 5)], 0),
        ([("cash", "card", 5), ("card", "sales", 5)], None),
        ([("card", "sales", 5), ("cash", "card", 5)], 0),
        ([("cash", "card", 5), ("card", "sales", 4), ("card", "sales", 4)], 2),
        # Below for a while, and then for good.
        ([("card", "sales", 1), ("cash", "card", 1), ("card", "sales", 1)], 2),
        ([("cash", "sales", 9)], None),
    ],
)
def test_the_line_by_which_an_account_falls(moved, line):
    room = Room(account_id="lacct_1", side=Side.CREDIT, minor=0)
    assert batches.falls_below(drafts(*moved), ("card", "usd"), room) == line


def test_what_is_reserved_to_come_in_is_no_room():
    rooms = {
        ("card", "usd"): Room("lacct_1", Side.CREDIT, 0),
        ("till", "usd"): Room("lacct_2", Side.DEBIT, 0),
    }
    (coming,), (going,) = drafts(("till", "card", 5)), drafts(("card", "till", 5))
    pending = [Draft(one.postings, reference="r", is_pending=True) for one in (coming, going)]

    assert dict(batches.changes_of_rooms(coming, rooms)) == {("till", "usd"): 5, ("card", "usd"): 5}
    assert dict(batches.changes_of_rooms(pending[0], rooms)) == {}
    assert dict(batches.changes_of_rooms(pending[1], rooms)) == {
        ("card", "usd"): -5,
        ("till", "usd"): -5,
    }
