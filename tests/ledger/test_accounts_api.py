"""`/v1/ledger/accounts` and `/v1/ledger/entries`."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core import clock, context
from apps.core.money import Money
from apps.identity.domain import KeyKind
from apps.ledger import queries, services
from apps.ledger.domain import Posting, chart
from apps.ledger.domain.refusals import AccountClosed, AccountHasPending
from apps.ledger.models import LedgerAccount
from tests import factories
from tests.client import ApiClient
from tests.ledger.recorded import open_account, record
from tests.races import at_once

HOUSE = {"code": "house", "kind": "asset", "currency": "usd"}


@pytest.fixture
def house(api):
    """An account that grows by debits."""
    return api.post("ledger/accounts", HOUSE)


@pytest.fixture
def owed(api):
    """An account that grows by credits."""
    return api.post("ledger/accounts", {"code": "owed", "kind": "liability", "currency": "usd"})


def post(debit, credit, minor, **details):
    posting = Posting(debit=debit["code"], credit=credit["code"], money=Money(minor, "usd"))
    details.setdefault("reference", f"{debit['code']} {credit['code']} {minor}")
    return services.post([posting], **details).transaction_id


# Opening ------------------------------------------------------------------------------------------


def test_an_account_is_opened(api):
    shown = api.post(
        "ledger/accounts",
        {**HOUSE, "name": "Petty cash", "floor": -500, "metadata": {"shelf": "3"}},
    )

    assert shown.pop("id").startswith("lacct_")
    assert shown["balance"].pop("account").startswith("lacct_")
    assert shown.pop("created") == pytest.approx(clock.to_unix(clock.now()), abs=60)
    assert shown == {
        "object": "ledger.account",
        "balance": {
            "object": "ledger.balance",
            "at": None,
            "available": 0,
            "credits": 0,
            "currency": "usd",
            "debits": 0,
            "known_at": None,
            "pending": 0,
            "pending_in": 0,
            "pending_out": 0,
            "posted": 0,
        },
        "closed_at": None,
        "code": "house",
        "currency": "usd",
        "floor": -500,
        "kind": "asset",
        "livemode": False,
        "metadata": {"shelf": "3"},
        "name": "Petty cash",
        "normal_side": "debit",
        "status": "open",
    }


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("asset", "debit"),
        ("liability", "credit"),
        ("equity", "credit"),
        ("revenue", "credit"),
        ("expense", "debit"),
    ],
)
def test_a_kind_grows_on_one_side(api, kind, side):
    shown = api.post("ledger/accounts", {"code": "a", "kind": kind, "currency": "EUR"})

    assert (shown["normal_side"], shown["currency"], shown["name"]) == (side, "eur", None)


def test_an_account_with_a_floor_has_one_balance_row(api, house):
    floored = api.post("ledger/accounts", {**HOUSE, "code": "floored", "floor": 0})

    stripes = dict(LedgerAccount.objects.values_list("pk", "stripes"))
    assert (stripes[house["id"]], stripes[floored["id"]]) == (chart.STRIPES, 1)


def test_a_code_is_taken_once_in_a_currency(api, house):
    api.post("ledger/accounts", {**HOUSE, "currency": "eur"})
    refused = api.post("ledger/accounts", {**HOUSE, "kind": "equity"}, status=409).error

    assert (refused["code"], refused["param"]) == ("ledger_account_exists", "code")
    assert LedgerAccount.objects.filter(code="house").count() == 2


def test_of_two_that_open_one_account_at_once_one_is_refused(committed):
    def open_it():
        return ApiClient(committed.secret_key).post("ledger/accounts", HOUSE, status=None)

    with context.enter(committed.environment, by="system"):
        answers = at_once(*[open_it] * 4)
        assert LedgerAccount.objects.count() == 1

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    codes = {answer.error["code"] for answer in answers if answer.status == 409}
    assert codes == {"ledger_account_exists"}


def test_the_same_request_again_gets_the_same_answer(api):
    first = api.post("ledger/accounts", HOUSE, idempotency_key="once")
    again = api.post("ledger/accounts", HOUSE, idempotency_key="once")

    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"


# Bad input ----------------------------------------------------------------------------------------

OTHER = {"code": "other", "kind": "asset", "currency": "usd"}


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "code"),
        ({**OTHER, "code": ""}, "parameter_invalid_empty", "code"),
        ({**OTHER, "code": "a b"}, "parameter_invalid_string", "code"),
        ({**OTHER, "code": "a\n"}, "parameter_invalid_string", "code"),
        ({**OTHER, "code": "ä"}, "parameter_invalid_string", "code"),
        ({**OTHER, "code": "a" * 161}, "parameter_invalid_string", "code"),
        ({**OTHER, "code": "lacct_1"}, "parameter_invalid_string", "code"),
        ({**OTHER, "code": ["a"]}, "parameter_invalid_string", "code"),
        ({**OTHER, "code": "wallet:1"}, "ledger_account_reserved", "code"),
        ({**OTHER, "code": "account:acct_1:available"}, "ledger_account_reserved", "code"),
        ({**OTHER, "code": "platform:anything"}, "ledger_account_reserved", "code"),
        ({**OTHER, "code": "house"}, "ledger_account_exists", "code"),
        ({**OTHER, "kind": "income"}, None, "kind"),
        ({"code": "other", "currency": "usd"}, "parameter_missing", "kind"),
        ({"code": "other", "kind": "asset"}, "parameter_missing", "currency"),
        ({**OTHER, "currency": "xyz"}, "invalid_currency", "currency"),
        ({**OTHER, "floor": 1}, "parameter_invalid_integer", "floor"),
        ({**OTHER, "floor": "-1.5"}, "parameter_invalid_integer", "floor"),
        ({**OTHER, "floor": -(2**63)}, "parameter_invalid_integer", "floor"),
        ({**OTHER, "name": "n" * 121}, "parameter_invalid_string", "name"),
        ({**OTHER, "name": "\x00"}, "parameter_invalid_string", "name"),
        ({**OTHER, "metadata": "x"}, "parameter_invalid_object", "metadata"),
        ({**OTHER, "metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
        ({**OTHER, "stripes": 1}, "parameter_unknown", "stripes"),
        ({**OTHER, "expand": ["balance"]}, "property_not_expandable", "expand"),
    ],
)
def test_a_bad_account_is_refused_and_not_opened(api, house, params, code, param):
    refused = api.post("ledger/accounts", params, status=None)

    assert refused.status == (409 if code == "ledger_account_exists" else 400)
    assert (refused.error.get("code"), refused.error["param"]) == (code, param)
    assert [row.code for row in LedgerAccount.objects.all()] == ["house"]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"code": "new"}, "parameter_unknown", "code"),
        ({"kind": "equity"}, "parameter_unknown", "kind"),
        ({"currency": "eur"}, "parameter_unknown", "currency"),
        ({"floor": 0}, "parameter_unknown", "floor"),
        ({"name": "n" * 121}, "parameter_invalid_string", "name"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
    ],
)
def test_of_an_account_only_name_and_metadata_change(api, house, params, code, param):
    refused = api.post(f"ledger/accounts/{house['id']}", params, status=400).error

    assert (refused.get("code"), refused["param"]) == (code, param)
    assert api.get(f"ledger/accounts/{house['id']}") == house


@pytest.mark.parametrize(
    ("path", "params", "code", "param"),
    [
        ("accounts", {"kind": "income"}, None, "kind"),
        ("accounts", {"status": "shut"}, None, "status"),
        ("accounts", {"currency": "xyz"}, "invalid_currency", "currency"),
        ("accounts", {"name": "x"}, "parameter_unknown", "name"),
        ("accounts", {"created": {"gte": "x"}}, "parameter_invalid_integer", "created[gte]"),
        ("accounts", {"starting_after": "lacct_none"}, "resource_missing", "starting_after"),
        ("accounts/{id}/balance", {"at": "x"}, "parameter_invalid_integer", "at"),
        ("accounts/{id}/balance", {"at": -1}, "parameter_invalid_integer", "at"),
        ("accounts/{id}/balance", {"at": "1.5"}, "parameter_invalid_integer", "at"),
        ("accounts/{id}/balance", {"at": 253402300799}, "parameter_invalid_integer", "at"),
        ("accounts/{id}/balance", {"known_at": ""}, "parameter_invalid_empty", "known_at"),
        ("accounts/{id}/balance", {"known_at": 2**63}, "parameter_invalid_integer", "known_at"),
        ("accounts/{id}/balance", {"currency": "usd"}, "parameter_unknown", "currency"),
        ("accounts/{id}/entries", {"layer": "lost"}, None, "layer"),
        ("accounts/{id}/entries", {"created": 1}, "parameter_unknown", "created"),
        (
            "accounts/{id}/entries",
            {"effective_at": {"after": 1}},
            "parameter_unknown",
            "effective_at[after]",
        ),
        (
            "accounts/{id}/entries",
            {"starting_after": "len_1"},
            "resource_missing",
            "starting_after",
        ),
        ("accounts/{id}/entries", {"ending_before": "len_1"}, "resource_missing", "ending_before"),
        (
            "accounts/{id}/entries",
            {"starting_after": "len_1", "ending_before": "len_2"},
            None,
            "ending_before",
        ),
        ("accounts/{id}/entries", {"expand": ["data.code"]}, "property_not_expandable", "expand"),
    ],
)
def test_a_bad_question_is_refused(api, house, path, params, code, param):
    refused = api.get(f"ledger/{path.format(id=house['id'])}", params, status=400).error

    assert (refused.get("code"), refused["param"]) == (code, param)


@pytest.mark.parametrize("path", ["", "/balance", "/entries"])
def test_what_is_not_there_is_missing(api, other_api, house, path):
    for client, account in ((api, "lacct_none"), (other_api, house["id"])):
        refused = client.get(f"ledger/accounts/{account}{path}", status=404).error
        assert (refused["code"], refused["param"]) == ("resource_missing", "id")


@pytest.mark.parametrize(
    ("permission", "statuses"),
    [
        ("ledger_accounts:read", [403, 200, 403]),
        ("ledger_accounts:write", [200, 200, 403]),
        ("ledger_entries:read", [403, 403, 200]),
    ],
)
def test_a_key_does_what_it_lists(api, environment, permission, statuses):
    mine = open_account("mine")
    client = ApiClient(factories.make_key(environment, KeyKind.RESTRICTED, permission).secret)

    answers = [
        client.post("ledger/accounts", HOUSE, status=None),
        client.get(f"ledger/accounts/{mine.pk}/balance", status=None),
        client.get(f"ledger/accounts/{mine.pk}/entries", status=None),
    ]
    assert [answer.status for answer in answers] == statuses


# Naming and closing -------------------------------------------------------------------------------


def test_name_and_metadata_are_changed(api):
    made = api.post("ledger/accounts", {**HOUSE, "name": "Cash", "metadata": {"a": "1", "b": "2"}})
    address = f"ledger/accounts/{made['id']}"

    api.post(address, {"name": "Till", "metadata": {"b": "", "c": "3"}})
    changed = api.get(address)
    assert (changed["name"], changed["metadata"]) == ("Till", {"a": "1", "c": "3"})
    changed = api.post(address, {"name": "", "metadata": ""})
    assert (changed["name"], changed["metadata"]) == (None, {})
    assert changed == {**made, "name": None, "metadata": {}}


def test_an_account_is_closed_for_good(api, house, owed):
    post(house, owed, 5)

    closed = api.post(f"ledger/accounts/{house['id']}/close")
    again = api.post(f"ledger/accounts/{house['id']}/close")

    assert (closed["status"], closed["balance"]["posted"]) == ("closed", 5)
    assert closed["closed_at"] == pytest.approx(clock.to_unix(clock.now()), abs=60)
    assert again == closed


def test_fincloud_s_own_accounts_stay_open(api, environment, house):
    services.post(
        [Posting(debit=chart.bank_settlement(), credit="house", money=Money(1, "usd"))],
        reference="own",
    )
    own = LedgerAccount.objects.get(code=chart.bank_settlement())

    refused = api.post(f"ledger/accounts/{own.pk}/close", status=400).error
    assert (refused["code"], refused["param"]) == ("ledger_account_reserved", "id")
    assert api.get(f"ledger/accounts/{own.pk}")["status"] == "open"


def test_what_is_reserved_keeps_an_account_open(api, house, owed):
    held = post(house, owed, 5, pending=True)

    refused = api.post(f"ledger/accounts/{owed['id']}/close", status=400).error
    assert (refused["code"], refused["param"]) == ("ledger_account_has_pending", "id")
    assert api.get(f"ledger/accounts/{owed['id']}")["status"] == "open"
    services.post([], reference="void", resolves=held)
    assert api.post(f"ledger/accounts/{owed['id']}/close")["status"] == "closed"


@pytest.mark.parametrize("_", range(3))
def test_of_closing_and_reserving_at_once_one_is_refused(committed_environment, _):
    with transaction.atomic():
        mine, _theirs = open_account("mine"), open_account("theirs")
    posting = Posting(debit="mine", credit="theirs", money=Money(1, "usd"))

    def reserve():
        with transaction.atomic():
            services.post([posting], reference="hold", pending=True)

    def close():
        services.close_own_account(account_id=mine.pk, now=clock.now())

    refusals = [type(error) for error in at_once(reserve, close) if error is not None]

    assert refusals in ([AccountClosed], [AccountHasPending])
    account = queries.get_account(mine.pk)
    is_closed, is_reserved = refusals == [AccountClosed], refusals == [AccountHasPending]
    assert (account.closed_at is not None) == is_closed
    assert queries.balance_of(account).pending_in_minor == is_reserved


# Lists --------------------------------------------------------------------------------------------


@pytest.fixture
def several(api):
    """Three accounts, the oldest first; a connected account has one as well."""
    made = [
        api.post("ledger/accounts", {"code": code, "kind": kind, "currency": currency})
        for code, kind, currency in (
            ("shop:1", "asset", "usd"),
            ("shop:1", "asset", "eur"),
            ("shop_2", "revenue", "usd"),
        )
    ]
    api.post(f"ledger/accounts/{made[0]['id']}/close")
    with context.amended(account_id="acct_connected"):
        open_account("shop:foreign")
    return [account["id"] for account in made]


def ids_of(answer):
    return [shown["id"] for shown in answer["data"]]


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({}, [2, 1, 0]),
        ({"code": "shop:1"}, [1, 0]),
        ({"code": "shop"}, []),
        ({"code_prefix": "shop"}, [2, 1, 0]),
        ({"code_prefix": "shop_"}, [2]),
        ({"code_prefix": "%"}, []),
        ({"kind": "asset"}, [1, 0]),
        ({"currency": "USD"}, [2, 0]),
        ({"status": "open"}, [2, 1]),
        ({"status": "closed"}, [0]),
        ({"kind": "asset", "currency": "eur", "status": "open"}, [1]),
        ({"created": {"lt": 1}}, []),
        ({"limit": 1}, [2]),
    ],
)
def test_filters(api, several, filters, places):
    assert ids_of(api.get("ledger/accounts", filters)) == [several[place] for place in places]


def test_the_list_is_newest_first_and_pages_both_ways(api, several):
    first = api.get("ledger/accounts", {"limit": 2})
    assert (ids_of(first), first["has_more"]) == ([several[2], several[1]], True)
    rest = api.get("ledger/accounts", {"limit": 2, "starting_after": several[1]})
    assert (ids_of(rest), rest["has_more"]) == ([several[0]], False)
    back = api.get("ledger/accounts", {"limit": 2, "ending_before": several[0]})
    assert (ids_of(back), back["has_more"]) == ([several[2], several[1]], False)


def test_a_list_shows_balances_by_no_further_queries(api, house, owed):
    post(house, owed, 5)

    with CaptureQueriesContext(connection) as of_one:
        api.get("ledger/accounts", {"limit": 1})
    with CaptureQueriesContext(connection) as of_all:
        shown = api.get("ledger/accounts")

    assert [account["balance"]["posted"] for account in shown["data"]] == [5, 5]
    assert len(of_all) == len(of_one)


# Balances -----------------------------------------------------------------------------------------


def test_a_balance_is_in_the_direction_in_which_the_account_grows(api, house, owed):
    post(house, owed, 100)
    post(owed, house, 30)
    post(house, owed, 7, pending=True, reference="in")
    post(owed, house, 20, pending=True, reference="out")

    shown = {
        account["code"]: api.get(f"ledger/accounts/{account['id']}/balance")
        for account in (house, owed)
    }
    for account in (house, owed):
        assert shown[account["code"]].pop("account") == account["id"]
    same = {
        "object": "ledger.balance",
        "at": None,
        "available": 50,
        "currency": "usd",
        "known_at": None,
        "pending": -13,
        "pending_in": 7,
        "pending_out": 20,
        "posted": 70,
    }
    assert shown["house"] == {**same, "debits": 100, "credits": 30}
    assert shown["owed"] == {**same, "debits": 30, "credits": 100}


def test_a_balance_of_any_time(api, environment):
    mine, other = open_account("mine"), open_account("theirs")
    now = clock.now().replace(microsecond=0)
    hour = timedelta(hours=1)
    record(mine, other, 1, effective_at=now - 3 * hour)
    record(mine, other, 10, effective_at=now - 3 * hour, created_at=now - hour)
    record(mine, other, 100, effective_at=now + hour, created_at=now - 2 * hour)

    def posted(**instants):
        asked = {name: clock.to_unix(instant) for name, instant in instants.items()}
        shown = api.get(f"ledger/accounts/{mine.pk}/balance", asked)
        assert {name: shown[name] for name in asked} == asked
        return shown["posted"]

    assert posted() == 111
    assert posted(at=now) == 11
    assert posted(at=now, known_at=now - 2 * hour) == 1
    assert posted(known_at=now - 2 * hour) == 101
    assert posted(at=now - 4 * hour) == 0
    assert api.get(f"ledger/accounts/{mine.pk}/balance", {"at": 253402300798})["posted"] == 111


# Entries ------------------------------------------------------------------------------------------


@pytest.fixture
def entries(environment):
    """An account with four entries: one is back-dated, one reserves. The earliest is first."""
    mine, other = open_account("mine"), open_account("theirs", "revenue")
    hour = timedelta(hours=1)
    start = clock.now().replace(microsecond=0) - 10 * hour
    last = record(mine, other, 100, effective_at=start + 2 * hour)
    first = record(mine, other, 7, effective_at=start, created_at=start + 3 * hour)
    held = record(other, mine, 20, effective_at=start + 3 * hour, layer="pending")
    final = record(other, mine, 30, effective_at=start + 4 * hour)
    return mine, start, [first, last, held, final]


def entry_ids(transactions, *, is_debit):
    """Return the id of the one or the other entry of each transaction of one posting."""
    suffix = "00000" if is_debit else "00001"
    return [f"len{one.id.removeprefix('ltx')}{suffix}" for one in transactions]


def test_entries_are_the_latest_first_with_the_balance_after_each(api, entries):
    mine, start, (first, last, held, final) = entries

    shown = api.get(f"ledger/accounts/{mine.pk}/entries")["data"]

    assert [
        (one["transaction"], one["side"], one["amount"], one["layer"], one["balance"])
        for one in shown
    ] == [
        (final.id, "credit", 30, "posted", 77),
        (held.id, "credit", 20, "pending", 107),
        (last.id, "debit", 100, "posted", 107),
        (first.id, "debit", 7, "posted", 7),
    ]
    assert shown[-1] == {
        "id": entry_ids([first], is_debit=True)[0],
        "object": "ledger.entry",
        "account": mine.pk,
        "amount": 7,
        "balance": 7,
        "code": "mine",
        "created": clock.to_unix(start + timedelta(hours=3)),
        "currency": "usd",
        "effective_at": clock.to_unix(start),
        "layer": "posted",
        "side": "debit",
        "transaction": first.id,
    }
    assert api.get(f"ledger/entries/{shown[0]['id']}") == shown[0]


def test_entries_page_both_ways(api, entries):
    mine, *_ = entries
    address = f"ledger/accounts/{mine.pk}/entries"
    whole = api.get(address)["data"]
    newest = [one["id"] for one in whole]

    first = api.get(address, {"limit": 2})
    assert (first["data"], first["has_more"]) == (whole[:2], True)
    rest = api.get(address, {"limit": 2, "starting_after": newest[1]})
    assert (rest["data"], rest["has_more"]) == (whole[2:], False)
    back = api.get(address, {"limit": 2, "ending_before": newest[3]})
    assert (back["data"], back["has_more"]) == (whole[1:3], True)
    back = api.get(address, {"limit": 2, "ending_before": newest[1]})
    assert (back["data"], back["has_more"]) == (whole[:1], False)


def test_entries_are_filtered(api, entries):
    mine, start, (_, last, held, final) = entries

    def found(**filters):
        return [
            one["transaction"]
            for one in api.get(f"ledger/accounts/{mine.pk}/entries", filters)["data"]
        ]

    def at(hours):
        return clock.to_unix(start + timedelta(hours=hours))

    assert found(layer="pending") == [held.id]
    assert found(layer="released") == []
    assert found(transaction=last.id) == [last.id]
    assert found(effective_at=at(2)) == [last.id]
    assert found(effective_at={"gte": at(2), "lt": at(4)}) == [held.id, last.id]
    assert found(effective_at={"gt": at(2), "lte": at(4)}) == [final.id, held.id]
    assert found(effective_at={"lt": at(0)}) == []


def test_an_entry_of_another_account_is_no_cursor(api, entries):
    mine, _, transactions = entries
    theirs = entry_ids(transactions[:1], is_debit=False)[0]

    for cursor in ("starting_after", "ending_before"):
        refused = api.get(f"ledger/accounts/{mine.pk}/entries", {cursor: theirs}, status=400).error
        assert (refused["code"], refused["param"]) == ("resource_missing", cursor)


def test_an_entry_leads_to_its_account_and_its_transaction(api, house, owed):
    made = post(house, owed, 5)
    (shown,) = api.get(
        f"ledger/accounts/{house['id']}/entries",
        {"expand": ["data.account", "data.transaction"]},
    )["data"]

    assert shown["account"]["object"] == "ledger.account"
    assert (shown["account"]["id"], shown["account"]["balance"]["posted"]) == (house["id"], 5)
    assert (shown["transaction"]["object"], shown["transaction"]["id"]) == (
        "ledger.transaction",
        made,
    )


@pytest.mark.parametrize("entry", ["len_none", "len_", "ltx_1", "len_" + "0" * 29])
def test_what_names_no_entry_is_missing(api, house, entry):
    refused = api.get(f"ledger/entries/{entry}", status=404).error
    assert (refused["code"], refused["param"]) == ("resource_missing", "id")


def test_of_another_s_entries_there_is_nothing_to_see(api, other_api, entries):
    *_, transactions = entries
    (entry,) = entry_ids(transactions[:1], is_debit=True)

    assert other_api.get(f"ledger/entries/{entry}", status=404).error["code"] == "resource_missing"
    with context.amended(account_id="acct_connected"):
        foreign, theirs = open_account("foreign"), open_account("elsewhere")
        made = record(foreign, theirs, 1, effective_at=clock.now())
    (entry,) = entry_ids([made], is_debit=True)
    api.get(f"ledger/entries/{entry}", status=404)
    api.get(f"ledger/accounts/{foreign.pk}", status=404)
