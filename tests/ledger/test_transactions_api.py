"""`/v1/ledger/transactions`: from postings and journals; the two phases; reversals; lists."""

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.api.params import TIME_MAX
from apps.core import clock, context
from apps.core.money import Money
from apps.identity.domain import KeyKind
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart, minute_of
from apps.ledger.queries import listing
from tests import factories
from tests.client import ApiClient
from tests.ledger.asking import PATH, balances, entry, move, open_account, open_book, post, posting
from tests.races import at_once

DAY_S = 86_400


@pytest.fixture
def accounts(book, api):
    """The accounts of a small shop, ids by code; with both kinds of projection."""
    return open_book(api)


def now_s():
    return int(time.time())


def references(page):
    return [row["reference"] for row in page["data"]]


def sides(shown):
    return [(row["side"], row["code"], row["amount"], row["layer"]) for row in shown["entries"]]


def resolve(api, shown, act, params=None, **options):
    return api.post(f"{PATH}/{shown['id']}/{act}", params, **options)


def test_postings_name_accounts_by_code_or_by_id(api, accounts):
    shown = post(
        api,
        {
            "postings": [posting(accounts["cash"], "sales", 100), posting("cash", "tax", 19)],
            "reference": "sale:1",
            "metadata": {"order": "42"},
        },
    )

    assert api.get(f"{PATH}/{shown['id']}") == shown
    assert (shown["object"], shown["status"], shown["reference"]) == (
        "ledger.transaction",
        "posted",
        "sale:1",
    )
    assert shown["metadata"] == {"order": "42"}
    assert shown["postings"] == [
        {**posting("cash", "sales", 100), "layer": "posted"},
        {**posting("cash", "tax", 19), "layer": "posted"},
    ]
    assert sides(shown) == [
        ("debit", "cash", 100, "posted"),
        ("credit", "sales", 100, "posted"),
        ("debit", "cash", 19, "posted"),
        ("credit", "tax", 19, "posted"),
    ]
    assert [row["account"] for row in shown["entries"]][:2] == [accounts["cash"], accounts["sales"]]
    unset = ("source", "type", "resolves", "resolved_by", "reverses", "reversed_by", "exchange")
    assert [shown[name] for name in unset] == [None] * len(unset)
    assert shown["effective_at"] == shown["created"]
    assert balances(api) == {
        ("cash", "usd"): (119, 119),
        ("sales", "usd"): (100, 100),
        ("tax", "usd"): (19, 19),
    }


def test_each_entry_is_the_one_that_the_account_lists(api, accounts):
    shown = post(api, move("cash", "sales", 100))

    listed = api.get(f"ledger/accounts/{accounts['cash']}/entries")["data"]

    assert [row["id"] for row in listed] == [shown["entries"][0]["id"]]
    assert shown["entries"][0]["parts"] == [listed[0]["id"]]
    assert listed[0]["transaction"] == shown["id"]


def test_a_journal_reads_back_as_given(api, accounts):
    journal = [
        entry("credit", "sales", 100),
        entry("debit", "cash", 70),
        entry("debit", "rent", 40, "usd"),
        entry("credit", "tax", 10),
        entry("debit", "cash", 5, "eur"),
        entry("credit", "fees:eur", 5, "eur"),
    ]
    open_account(api, "fees:eur", "eur", "revenue")

    shown = post(api, {"entries": journal})

    given = [(row["direction"], row["account"], row["amount"], row["currency"]) for row in journal]
    read = [(row["side"], row["code"], row["amount"], row["currency"]) for row in shown["entries"]]
    assert read == given
    # The first debit that is not used up meets the first credit that is not, by currency.
    assert [tuple(row.values())[:4] for row in shown["postings"]] == [
        (70, "sales", "usd", "cash"),
        (30, "sales", "usd", "rent"),
        (10, "tax", "usd", "rent"),
        (5, "fees:eur", "eur", "cash"),
    ]
    # An entry that became several has no id of its own, and names its parts, which add up to it.
    sales = shown["entries"][0]
    assert (sales["id"], len(sales["parts"])) == (None, 2)
    parts = [api.get(f"ledger/entries/{part}") for part in sales["parts"]]
    assert [part["amount"] for part in parts] == [70, 30]
    assert api.get(f"{PATH}/{shown['id']}") == shown


def test_a_journal_of_ten_thousand_entries(api, accounts):
    debits = [
        entry("debit", "cash", 1),
        entry("debit", "rent", 4_998),
        entry("debit", "vault", 4_998),
    ]
    journal = [
        *debits,
        *[entry("credit", "sales", 1)] * 4_999,
        *[entry("credit", "tax", 1)] * 4_998,
    ]

    shown = post(api, {"entries": journal}, is_json=True)

    assert len(shown["entries"]) == len(journal) == 10_000
    assert sum(row["amount"] for row in shown["entries"] if row["side"] == "debit") == 9_997
    assert balances(api)["tax", "usd"] == (4_998, 4_998)


def test_the_same_reference_returns_the_first(api, accounts):
    given = move("cash", "sales", 100, reference="sale:1")
    first = post(api, {**given, "metadata": {"a": "1"}})

    again = post(api, {**given, "metadata": {"a": "2"}})

    assert again == first
    assert post(api, move(accounts["cash"], "sales", 100, reference="sale:1")) == first
    for other in (
        move("cash", "sales", 101, reference="sale:1"),
        move("sales", "cash", 100, reference="sale:1"),
        {**given, "pending": True},
        {**given, "effective_at": now_s()},
        {"entries": [entry("debit", "cash", 100), entry("credit", "sales", 100)]}
        | {"reference": "sale:1"},
    ):
        error = post(api, other, status=409).error
        assert (error["code"], error["param"]) == ("reference_reused", "reference")
    assert balances(api)["cash", "usd"] == (100, 100)


def test_the_same_reference_returns_the_first_whatever_has_changed_since(api, accounts):
    closing = move("cash", "sales", 100, reference="sale:1")
    expiring = move("vault", "sales", 5, reference="hold", pending=True, expires_at=now_s() + 1)
    first, hold = post(api, closing), post(api, expiring)
    with transaction.atomic():
        services.close_account(accounts["cash"], now=clock.now())
    time.sleep(max(0, expiring["expires_at"] - time.time()))

    assert post(api, closing) == first
    assert post(api, expiring) == hold
    assert post(api, {**closing, "reference": "new"}, status=400).error["code"] == (
        "ledger_account_closed"
    )


def test_without_a_reference_each_is_its_own(api, accounts):
    first, second = (post(api, move("cash", "sales", 1)) for _ in range(2))

    assert first["id"] != second["id"]
    assert first["reference"].startswith("ref_")
    assert balances(api)["cash", "usd"] == (2, 2)


def test_an_idempotency_key_replays_the_answer(api, accounts):
    given = move("cash", "sales", 1)
    first = post(api, given, idempotency_key="k")

    again = post(api, given, idempotency_key="k")

    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert balances(api)["cash", "usd"] == (1, 1)


@pytest.mark.parametrize("days", [-400, 30])
def test_it_counts_when_it_is_said_to(api, accounts, days):
    at = now_s() + days * DAY_S

    shown = post(api, move("cash", "sales", 1, effective_at=at))

    assert shown["effective_at"] == at
    assert abs(shown["created"] - now_s()) < 10
    path = f"ledger/accounts/{accounts['cash']}/balance"
    assert api.get(path, {"at": at - 1})["posted"] == 0
    assert api.get(path, {"at": at})["posted"] == 1


@pytest.mark.parametrize("at", [0, TIME_MAX])
def test_it_may_count_at_the_ends_of_time(api, accounts, at):
    shown = post(api, move("cash", "sales", 1, effective_at=at))

    assert shown["effective_at"] == at
    for filters in (
        {"effective_at": at},
        {"account": "cash", "effective_at": {"gte": at, "lte": at}},
    ):
        assert [row["id"] for row in api.get(PATH, filters)["data"]] == [shown["id"]]


def test_a_pending_one_reserves_and_is_posted_in_full(api, accounts):
    post(api, move("cash", "card", 100))
    pending = post(api, move("card", "sales", 80, pending=True, expires_at=now_s() + DAY_S))
    assert (pending["status"], pending["pending"], pending["expires_at"]) == (
        "pending",
        True,
        now_s() + DAY_S,
    )
    assert balances(api)["card", "usd"] == (100, 20)

    posted = resolve(api, pending, "post", {"metadata": {"who": "me"}})

    assert (posted["resolves"], posted["status"], posted["pending"]) == (
        pending["id"],
        "posted",
        False,
    )
    assert (posted["reference"], posted["metadata"]) == (f"post:{pending['id']}", {"who": "me"})
    assert sides(posted) == [
        ("debit", "card", 80, "released"),
        ("credit", "sales", 80, "released"),
        ("debit", "card", 80, "posted"),
        ("credit", "sales", 80, "posted"),
    ]
    shown = api.get(f"{PATH}/{pending['id']}", {"expand": ["resolved_by"]})
    assert (shown["status"], shown["resolved_by"]["id"]) == ("posted", posted["id"])
    assert balances(api)["card", "usd"] == (20, 20)
    assert resolve(api, pending, "post") == posted
    assert queries.check_drift() == []


def test_a_part_is_posted_and_the_rest_released(api, accounts):
    pending = post(api, move("cash", "sales", 80, pending=True))
    several = post(
        api,
        {"postings": [posting("cash", "sales", 50), posting("cash", "tax", 10)], "pending": True},
    )

    one = resolve(api, pending, "post", {"amount": 30})
    some = resolve(api, several, "post", {"postings": [posting(accounts["cash"], "tax", 10)]})

    assert [row["amount"] for row in one["postings"] if row["layer"] == "posted"] == [30]
    assert [row["credit"] for row in some["postings"] if row["layer"] == "posted"] == ["tax"]
    assert balances(api) == {
        ("cash", "usd"): (40, 40),
        ("sales", "usd"): (30, 30),
        ("tax", "usd"): (10, 10),
    }
    assert resolve(api, pending, "post", {"amount": 30}) == one
    error = resolve(api, pending, "post", {"amount": 31}, status=409).error
    assert error["code"] == "transaction_already_resolved"


def test_a_pending_journal_is_posted_as_it_was_given(api, accounts):
    journal = [
        entry("credit", "sales", 30),
        entry("debit", "cash", 10),
        entry("debit", "vault", 20),
    ]
    pending = post(api, {"entries": journal, "pending": True})

    posted = resolve(api, pending, "post")

    assert sides(posted)[-3:] == [
        ("credit", "sales", 30, "posted"),
        ("debit", "cash", 10, "posted"),
        ("debit", "vault", 20, "posted"),
    ]


def test_a_pending_one_is_voided(api, accounts):
    pending = post(api, move("cash", "sales", 80, pending=True))

    voided = resolve(api, pending, "void", {"reference": "no-thanks"})

    assert (voided["reference"], voided["resolves"]) == ("no-thanks", pending["id"])
    assert api.get(f"{PATH}/{pending['id']}")["status"] == "voided"
    assert balances(api) == {}
    assert resolve(api, pending, "void", {"reference": "no-thanks"}) == voided
    error = resolve(api, pending, "void", status=409).error
    assert error["code"] == "transaction_already_resolved"


def test_an_expired_one_can_be_voided_and_not_posted(api, accounts):
    past = clock.now() - timedelta(hours=1)
    pending, other = (expired(f"hold:{number}", past) for number in range(2))

    for params in (None, {"amount": 1}):
        error = resolve(api, pending, "post", params, status=409).error
        assert error["code"] == "transaction_expired"
    resolve(api, other, "void")
    assert services.run_expiry(minute=minute_of(past)) == 1

    assert [api.get(f"{PATH}/{one['id']}")["status"] for one in (pending, other)] == [
        "expired",
        "voided",
    ]
    assert resolve(api, pending, "void", status=409).error["code"] == "transaction_already_resolved"
    assert balances(api) == {}


def expired(reference, at):
    """Reserve something whose time is over."""
    postings = [Posting(debit="cash", credit="sales", money=Money(80, "usd"))]
    with transaction.atomic():
        posted = services.post(postings, reference=reference, pending=True, expires_at=at)
    return {"id": posted.transaction_id}


def test_a_transaction_is_reversed(api, accounts):
    journal = [entry("debit", "cash", 30), entry("credit", "sales", 20), entry("credit", "tax", 10)]
    shown = post(api, {"entries": journal})

    undone = resolve(api, shown, "reverse", {"effective_at": 1_700_000_000})

    assert (undone["reverses"], undone["reference"]) == (shown["id"], f"reverse:{shown['id']}")
    assert undone["effective_at"] == 1_700_000_000
    assert sides(undone) == [
        ("credit", "cash", 30, "posted"),
        ("debit", "sales", 20, "posted"),
        ("debit", "tax", 10, "posted"),
    ]
    assert api.get(f"{PATH}/{shown['id']}")["reversed_by"] == undone["id"]
    assert balances(api) == {}
    assert resolve(api, shown, "reverse", {"effective_at": 1_700_000_000}) == undone
    for params in ({}, {"reference": "again"}):
        error = resolve(api, shown, "reverse", params, status=409).error
        assert error["code"] == "transaction_already_reversed"
    # A reversal is a transaction, and is itself undone.
    assert resolve(api, undone, "reverse")["reverses"] == undone["id"]
    assert balances(api)["cash", "usd"] == (30, 30)


def test_what_was_posted_of_a_pending_one_is_reversed_and_not_the_pending_one(api, accounts):
    pending = post(api, move("cash", "sales", 80, pending=True))
    posted = resolve(api, pending, "post", {"amount": 30})

    assert resolve(api, pending, "reverse", status=400).error["code"] == "transaction_not_posted"
    undone = resolve(api, posted, "reverse")

    assert [row["amount"] for row in undone["postings"]] == [30]
    assert balances(api) == {}


def test_what_payments_posted_is_seen_and_left_alone(api, accounts):
    charge = post_charge()

    shown = api.get(f"{PATH}/{charge}")

    assert (shown["source"], shown["type"]) == ("ch_1", "charge")
    for act in ("reverse", "post", "void"):
        error = resolve(api, shown, act, status=400).error
        assert error["code"] == "ledger_transaction_reserved"
    assert references(api.get(PATH, {"source": "ch_1"})) == ["charge:ch_1"]


def post_charge():
    with transaction.atomic():
        return services.post(
            [Posting(chart.processor_receivable("sim"), chart.platform_fees(), Money(5, "usd"))],
            reference="charge:ch_1",
            source_id="ch_1",
            details={"type": "charge"},
        ).transaction_id


def test_the_list_is_newest_first_and_filtered(api, accounts):
    at = now_s() - 10 * DAY_S
    for number in range(3):
        post(api, move("cash", "sales", 1, reference=f"s{number}", metadata={"n": str(number % 2)}))
    post(api, move("vault", "sales", 1, reference="late", effective_at=at))
    for act in ("post", "void", None):
        held = post(api, move("vault", "rent", 1, reference=f"to {act}", pending=True))
        if act:
            resolve(api, held, act, {"reference": act})
    newest_first = ["to None", "void", "to void", "post", "to post", "late", "s2", "s1", "s0"]

    def listed(**filters):
        return references(api.get(PATH, filters))

    assert listed() == newest_first
    assert listed(reference="s1") == ["s1"]
    assert listed(metadata={"n": "0"}) == ["s2", "s0"]
    assert listed(metadata={"n": "0"}, account="vault") == []
    assert listed(metadata={"n": ""})[-2:] == ["to post", "late"]
    assert listed(status="pending") == ["to None"]
    assert listed(status="voided") == ["to void"]
    assert listed(status="expired") == []
    assert listed(status="posted") == ["void", "post", "to post", "late", "s2", "s1", "s0"]
    assert listed(effective_at={"lte": at}) == ["late"]
    assert listed(effective_at=at) == ["late"]
    assert listed(effective_at={"lt": at}) == []
    assert listed(created={"gte": now_s() - 1000}) == newest_first
    assert listed(created={"lt": now_s() - 1000}) == []
    assert listed(account="nothing") == listed(source="ch_nothing") == []


@pytest.mark.parametrize("filters", [{}, {"account": "cash"}])
def test_pages_lead_through_the_whole_list_in_both_directions(api, accounts, filters):
    for number in range(7):
        given = move("cash", "sales", 1, reference=f"r{number}", effective_at=1_700_000_000)
        post(api, {**given, "postings": given["postings"] * (1 + number % 3)})
    post(api, move("vault", "sales", 1, reference="other"))
    expected = [f"r{number}" for number in reversed(range(7))]
    expected = expected if filters else ["other", *expected]
    whole = api.get(PATH, filters)["data"]

    assert references({"data": whole}) == expected
    assert pages(api, filters, "starting_after", from_id=None) == expected
    # Each page is newest first; the first of them is next to the cursor.
    left = expected[:-1]
    backwards: list[str] = []
    while left:
        left, backwards = left[:-2], backwards + left[-2:]
    assert pages(api, filters, "ending_before", from_id=whole[-1]["id"]) == backwards
    assert pages(api, filters, "ending_before", from_id=whole[0]["id"]) == []


def pages(api, filters, cursor, *, from_id):
    """Return the references of all pages of two, from a cursor on."""
    found = []
    while True:
        start = {cursor: from_id} if from_id else {}
        page = api.get(PATH, {"limit": 2, **filters, **start})
        found += references(page)
        if not page["has_more"]:
            return found
        from_id = page["data"][0 if cursor == "ending_before" else -1]["id"]


def test_an_accounts_list_is_in_the_order_in_which_they_count(api, accounts):
    open_account(api, "cash", "jpy")
    for reference, day, currency in (("a", 3, "usd"), ("b", 1, "eur"), ("c", 2, "jpy")):
        open_account(api, f"out:{reference}", currency)
        at = 1_700_000_000 + day * DAY_S
        both = [posting("cash", f"out:{reference}", 1, currency)] * 2
        post(api, {"postings": both, "reference": reference, "effective_at": at})

    assert references(api.get(PATH, {"account": "cash"})) == ["a", "c", "b"]
    assert references(api.get(PATH, {"account": accounts["cash"]})) == ["a"]
    day_2 = {"gte": 1_700_000_000 + 2 * DAY_S}
    assert references(api.get(PATH, {"account": "cash", "effective_at": day_2})) == ["a", "c"]
    # A cursor that is not on the account stands where it would be.
    stranger = post(api, move("vault", "sales", 1, effective_at=day_2["gte"] + 1))
    after = api.get(PATH, {"account": "cash", "starting_after": stranger["id"]})
    assert references(after) == ["c", "b"]


def test_a_page_of_long_transactions_is_cut(api, accounts, monkeypatch):
    monkeypatch.setattr(listing, "POSTINGS_ON_PAGE", 5)
    for number in range(4):
        post(api, {"postings": [posting("cash", "sales", 1)] * 3, "reference": f"r{number}"})
    post(api, {"postings": [posting("cash", "sales", 1)] * 9, "reference": "long"})

    first = api.get(PATH, {"limit": 4})
    second = api.get(PATH, {"limit": 4, "starting_after": first["data"][-1]["id"]})
    oldest = api.get(PATH, {"reference": "r0"})["data"][0]["id"]
    back = api.get(PATH, {"limit": 2, "ending_before": oldest})

    assert (references(first), first["has_more"]) == (["long"], True)
    assert (references(second), second["has_more"]) == (["r3"], True)
    assert (references(back), back["has_more"]) == (["r1"], True)


def test_a_list_costs_as_many_queries_however_long_it_is(api, accounts):
    def queries_of(**filters):
        with CaptureQueriesContext(connection) as captured:
            api.get(PATH, filters)
        return len(captured)

    for number in range(3):
        post(api, {"postings": [posting("cash", "sales", 1)] * (number + 1)})

    assert queries_of(limit=1) == queries_of(limit=3)
    assert queries_of(limit=1, account="cash") == queries_of(limit=3, account="cash")


def test_the_indexes_lead_to_an_accounts_transactions(api, accounts):
    """With many others in the book, the few of an account are found by its own index."""
    drafts = [
        Draft((Posting("vault", "rent", Money(1, "usd")),), reference=f"n{number}")
        for number in range(3_000)
    ]
    with transaction.atomic():
        services.post_many(drafts)
    post(api, move("cash", "sales", 1, reference="mine"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ledger_posting, ledger_transaction")

    with CaptureQueriesContext(connection) as captured:
        assert references(api.get(PATH, {"account": "cash"})) == ["mine"]

    walks = [one["sql"] for one in captured if 'FROM "ledger_posting" INNER' not in one["sql"]]
    walks = [sql for sql in walks if sql.startswith('SELECT "ledger_posting"."effective_at"')]
    # Two accounts are called cash, each has two sides.
    assert len(walks) == 4
    connection.set_tenant(context.current().environment)  # type: ignore[attr-defined]
    for sql in walks:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Seq Scan on ledger_posting" not in plan, plan
        assert "ledger_posting_debit" in plan or "ledger_posting_credit" in plan, plan


def test_a_restricted_key_may_do_what_it_lists(environment, api, accounts):
    def client(*permissions):
        return ApiClient(factories.make_key(environment, KeyKind.RESTRICTED, *permissions).secret)

    reader = client("ledger_transactions:read")
    assert reader.get(PATH)["data"] == []
    error = post(reader, move("cash", "sales", 1), status=403).error
    assert error["code"] == "more_permissions_required"
    shown = post(client("ledger_transactions:write"), move("cash", "sales", 1))
    path = f"{PATH}/{shown['id']}"
    error = reader.get(path, {"expand": ["entries.account"]}, status=403).error
    assert error["code"] == "more_permissions_required"
    expanded = api.get(path, {"expand": ["entries.account"]})["entries"][0]["account"]
    assert (expanded["object"], expanded["code"]) == ("ledger.account", "cash")


def test_a_pending_one_is_resolved_by_whoever_comes_first(committed):
    api = ApiClient(committed.secret_key)
    open_book(api)
    pending = post(api, move("cash", "sales", 10, pending=True))
    path = f"{PATH}/{pending['id']}"
    at = clock.now() - timedelta(minutes=5)
    with context.enter(committed.environment, by="system"):
        doomed = expired("hold", at)

    answers = at_once(
        *[
            lambda n=n: api.post(f"{path}/{'post' if n % 2 else 'void'}", status=None)
            for n in range(8)
        ],
    )

    assert {answer.status for answer in answers} == {200, 409}
    won = {answer["id"] for answer in answers if answer.status == 200}
    assert won == {api.get(path)["resolved_by"]}
    refused = [answer.error["code"] for answer in answers if answer.status == 409]
    assert refused == ["transaction_already_resolved"] * 4

    def give_up():
        with context.enter(committed.environment, by="system"):
            return services.run_expiry(minute=minute_of(at))

    def void():
        return api.post(f"{PATH}/{doomed['id']}/void", status=None)

    outcomes = at_once(give_up, *[void] * 4)
    voids = {answer.status for answer in outcomes[1:]}
    assert (outcomes[0], voids) in ((1, {409}), (0, {200}))


def test_the_first_of_many_with_one_reference_is_answered_to_all(committed):
    api = ApiClient(committed.secret_key)
    open_book(api)
    given = move("cash", "sales", 10, reference="once")

    answers = at_once(*[lambda: post(api, given)] * 12)

    assert len({answer["id"] for answer in answers}) == 1
    assert balances(api)["cash", "usd"] == (10, 10)
