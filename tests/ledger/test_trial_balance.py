"""`/v1/ledger/trial_balance`."""

import json
from datetime import timedelta

import pytest
from django.test import RequestFactory
from hypothesis import given

from apps.core import clock, context
from apps.identity.api.authentication import KeyCaller
from apps.identity.domain import KeyKind
from apps.ledger import queries
from apps.ledger.api.trial_balance import LedgerTrialBalance
from apps.ledger.models import LedgerAccount
from tests import factories
from tests.client import ApiClient
from tests.ledger.drawn import NOON, books, exploring, fill, instants, rolled_back
from tests.ledger.recorded import open_account, record

HOUR = timedelta(hours=1)


@pytest.fixture
def book(environment):
    """Five accounts with entries at four times, in two currencies; one has none that are posted."""
    cash, owed = open_account("cash"), open_account("owed", "liability")
    sales, costs = open_account("sales", "revenue"), open_account("costs", "expense")
    cash_eur, owed_eur = (
        open_account("cash", currency="eur"),
        open_account("owed", "liability", currency="eur"),
    )
    record(cash, sales, 100, effective_at=NOON)
    record(costs, cash, 30, effective_at=NOON + HOUR)
    record(sales, owed, 5, effective_at=NOON, created_at=NOON + 2 * HOUR)
    record(cash_eur, owed_eur, 7, effective_at=NOON + HOUR)
    record(cash, open_account("held"), 1, effective_at=NOON, layer="pending")
    with context.amended(account_id="acct_connected"):
        record(cash, open_account("theirs", "liability"), 11, effective_at=NOON + 3 * HOUR)
    return {row.code: row.pk for row in LedgerAccount.objects.filter(currency="usd")}


def lines_of(answer):
    return [
        (line["code"], line["currency"], line["debits"], line["credits"], line["balance"])
        for line in answer["lines"]["data"]
    ]


WHOLE = [
    ("cash", "eur", 7, 0, 7),
    ("cash", "usd", 111, 30, 81),
    ("owed", "eur", 0, 7, 7),
    ("owed", "usd", 0, 5, 5),
    ("theirs", "usd", 0, 11, 11),
    ("sales", "usd", 5, 100, 95),
    ("costs", "usd", 30, 0, 30),
]


def test_it_shows_every_account_and_what_all_come_to(api, book):
    shown = api.get("ledger/trial_balance")

    lines, totals = shown.pop("lines"), shown.pop("totals")
    assert shown == {
        "object": "ledger.trial_balance",
        "at": None,
        "currency": None,
        "is_balanced": True,
        "known_at": None,
        "livemode": False,
    }
    assert lines_of({"lines": lines}) == WHOLE
    assert lines["data"][-1] == {
        "object": "ledger.trial_balance_line",
        "account": book["costs"],
        "balance": 30,
        "code": "costs",
        "credits": 0,
        "currency": "usd",
        "debits": 30,
        "kind": "expense",
        "name": None,
        "normal_side": "debit",
    }
    euro, dollar = totals
    assert (euro["currency"], euro["debits"], euro["credits"]) == ("eur", 7, 7)
    assert dollar == {
        "credits": 146,
        "currency": "usd",
        "debits": 146,
        "is_balanced": True,
        "kinds": [
            {"kind": "asset", "debits": 111, "credits": 30, "balance": 81},
            {"kind": "liability", "debits": 0, "credits": 16, "balance": 16},
            {"kind": "revenue", "debits": 5, "credits": 100, "balance": 95},
            {"kind": "expense", "debits": 30, "credits": 0, "balance": 30},
        ],
    }


@pytest.mark.parametrize(
    ("hours", "places"),
    [
        ({"at": -1}, {}),
        ({"at": 0}, {"cash": 100, "owed": 5, "sales": 95}),
        ({"at": 0, "known_at": 1}, {"cash": 100, "sales": 100}),
        ({"known_at": 2}, {"cash": 70, "owed": 5, "sales": 95, "costs": 30}),
        ({"at": 3}, {"cash": 81, "owed": 5, "theirs": 11, "sales": 95, "costs": 30}),
    ],
)
def test_it_is_of_any_time(api, book, hours, places):
    instants = {name: clock.to_unix(NOON + hour * HOUR) for name, hour in hours.items()}

    shown = api.get("ledger/trial_balance", {"currency": "usd", **instants})

    assert {line["code"]: line["balance"] for line in shown["lines"]["data"]} == places
    assert {name: shown[name] for name in instants} == instants
    assert shown["is_balanced"]


@exploring
@given(**books, at=instants, known_at=instants)
def test_every_line_is_the_balance_of_the_account_then(
    environment, recorded, sealed, cut_offs, at, known_at
):
    with rolled_back():
        fill(recorded, sealed=sealed, cut_offs=cut_offs)

        found = queries.read_trial_balance(at=at, known_at=known_at, limit=10)

        balances = [
            queries.balance_at(account, at=at, known_at=known_at)
            for account in LedgerAccount.objects.all()
        ]
        moved = [one for one in balances if one.debits_minor or one.credits_minor]
        assert {
            (line.account_id, line.total.debits_minor, line.total.credits_minor)
            for line in found.lines
        } == {(one.account_id, one.debits_minor, one.credits_minor) for one in moved}
        assert sum(total.debits_minor for total in found.totals) == sum(
            total.credits_minor for total in found.totals
        )


@pytest.mark.parametrize("instants", [{}, {"at": clock.to_unix(NOON + 3 * HOUR)}])
def test_lines_come_in_pages_and_totals_are_of_everything(api, book, instants):
    whole = api.get("ledger/trial_balance", instants)
    found = []
    cursor: dict[str, str] = {}
    while True:
        shown = api.get("ledger/trial_balance", {"limit": 2, **instants, **cursor})
        assert shown["totals"] == whole["totals"]
        found += shown["lines"]["data"]
        if not shown["lines"]["has_more"]:
            break
        cursor = {"starting_after": found[-1]["account"]}

    assert found == whole["lines"]["data"]
    assert lines_of(whole) == WHOLE


def test_it_is_of_one_currency(api, book):
    shown = api.get("ledger/trial_balance", {"currency": "EUR"})

    assert lines_of(shown) == [WHOLE[0], WHOLE[2]]
    assert [total["currency"] for total in shown["totals"]] == ["eur"]
    assert shown["currency"] == "eur"


def test_an_empty_book_is_balanced(other_api, other_environment, book):
    shown = other_api.get("ledger/trial_balance")

    assert (shown["lines"]["data"], shown["totals"], shown["is_balanced"]) == ([], [], True)


def test_it_is_one_statement(environment, book, django_assert_num_queries):
    for at, known_at in ((None, None), (NOON, None), (None, NOON)):
        with django_assert_num_queries(1):
            queries.read_trial_balance(at=at, known_at=known_at, limit=10)


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"at": "now"}, "parameter_invalid_integer", "at"),
        ({"known_at": -1}, "parameter_invalid_integer", "known_at"),
        ({"currency": "xyz"}, "invalid_currency", "currency"),
        ({"limit": "all"}, "parameter_invalid_integer", "limit"),
        ({"starting_after": "lacct_none"}, "resource_missing", "starting_after"),
        ({"ending_before": "lacct_none"}, "parameter_unknown", "ending_before"),
        ({"kind": "asset"}, "parameter_unknown", "kind"),
        ({"expand": ["lines"]}, "property_not_expandable", "expand"),
    ],
)
def test_a_bad_question_is_refused(api, book, params, code, param):
    refused = api.get("ledger/trial_balance", params, status=400).error

    assert (refused.get("code"), refused["param"]) == (code, param)


def test_another_s_account_is_no_cursor(other_api, other_environment, book):
    refused = other_api.get(
        "ledger/trial_balance", {"starting_after": book["cash"]}, status=400
    ).error

    assert (refused["code"], refused["param"]) == ("resource_missing", "starting_after")


def test_the_whole_book_is_the_platforms_alone(environment):
    class ForAnotherAccount:
        """Lets in whoever acts for a connected account."""

        def authenticate(self, request):
            return KeyCaller(
                environment, "acct_connected", by="key:1", is_public=False, api_version=""
            ), None

    view = LedgerTrialBalance.as_view(
        authentication_classes=[ForAnotherAccount], permission_classes=[]
    )

    answer = view(RequestFactory().get("/v1/ledger/trial_balance"))

    assert answer.status_code == 400
    assert json.loads(answer.content)["error"]["code"] == "platform_only"


def test_a_key_needs_the_permission(environment):
    reading = factories.make_key(environment, KeyKind.RESTRICTED, "ledger_reports:read").secret
    others = factories.make_key(environment, KeyKind.RESTRICTED, "ledger_accounts:read").secret

    assert ApiClient(reading).get("ledger/trial_balance")["is_balanced"]
    ApiClient(others).get("ledger/trial_balance", status=403)
