"""Exchange of currencies: through the clearing account, at a rate that is kept, rounded exactly."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import MAX_MINOR, Money, decimals
from apps.ledger import queries
from apps.ledger.domain import Kind, Side, exchange
from apps.ledger.domain.directory import KnownAccount
from apps.ledger.domain.refusals import ExchangeInvalid
from tests.ledger.asking import PATH, balances, move, open_account, open_book, post

CURRENCIES = st.sampled_from(["usd", "eur", "jpy", "kwd"])
RATES = st.integers(1, 10**15).map(lambda digits: Decimal(digits).scaleb(-9))


@pytest.fixture
def accounts(book, api):
    """The accounts of a small shop, and some in other currencies."""
    opened = open_book(api)
    opened["cash:jpy"] = open_account(api, "cash", "jpy")
    for currency in ("usd", "eur", "kwd"):
        open_account(api, "owed", currency, "liability")
    return opened


def terms(sold, amount, bought, rate, **more):
    return {
        "from": "cash",
        "from_amount": amount,
        "from_currency": sold,
        "rate": rate,
        "to": "cash",
        "to_currency": bought,
        **more,
    }


def test_assets_are_exchanged_through_the_clearing_account(api, accounts):
    shown = post(
        api, {"exchange": terms("usd", 100_00, "eur", "0.9250", rate_source="ECB, 2 May 2030")}
    )

    assert shown["exchange"] == {
        "from": "cash",
        "from_amount": 100_00,
        "from_currency": "usd",
        "rate": "0.9250",
        "rate_source": "ECB, 2 May 2030",
        "to": "cash",
        "to_amount": 92_50,
        "to_currency": "eur",
    }
    assert api.get(f"{PATH}/{shown['id']}") == shown
    assert [
        (row["side"], row["code"], row["amount"], row["currency"]) for row in shown["entries"]
    ] == [
        ("debit", "fx:eur-usd", 100_00, "usd"),
        ("credit", "cash", 100_00, "usd"),
        ("debit", "cash", 92_50, "eur"),
        ("credit", "fx:eur-usd", 92_50, "eur"),
    ]
    # What clearing holds is the open position: 100 dollars for 92.50 euros.
    assert balances(api) == {
        ("cash", "usd"): (-100_00, -100_00),
        ("cash", "eur"): (92_50, 92_50),
        ("fx:eur-usd", "usd"): (-100_00, -100_00),
        ("fx:eur-usd", "eur"): (92_50, 92_50),
    }


def test_the_way_back_goes_through_the_same_account_and_closes_the_position(api, accounts):
    post(api, {"exchange": terms("usd", 100_00, "eur", "0.925")})
    post(api, {"exchange": terms("eur", 92_50, "usd", "1.081081081081", to_amount=100_00)})

    assert balances(api) == {}
    assert queries.check_drift() == []


def test_what_is_owed_is_exchanged_in_its_own_direction(api, accounts):
    post(api, move("cash", "owed", 100_00))

    post(api, {"exchange": {**terms("usd", 40_00, "kwd", "0.3075"), "from": "owed", "to": "owed"}})

    assert balances(api)["owed", "usd"] == (60_00, 60_00)
    assert balances(api)["owed", "kwd"] == (12_300, 12_300)


@pytest.mark.parametrize(
    ("sold", "amount", "bought", "rate", "becomes"),
    [
        ("usd", 100_00, "jpy", "150.25", 15_025),
        ("jpy", 15_025, "usd", "0.006655574043", 100_00),
        # Half a unit goes to the even one.
        ("usd", 1, "eur", "1.5", 2),
        ("usd", 5, "eur", "0.5", 2),
        ("usd", 5, "eur", "0.500000000001", 3),
        ("usd", 1, "jpy", "150", 2),
        ("usd", MAX_MINOR, "eur", "1", MAX_MINOR),
    ],
)
def test_it_comes_to_exactly_what_the_rate_says(api, accounts, sold, amount, bought, rate, becomes):
    shown = post(api, {"exchange": terms(sold, amount, bought, rate)})

    assert shown["exchange"]["to_amount"] == becomes
    agreed = terms(sold, amount, bought, rate, to_amount=becomes)
    assert post(api, {"exchange": agreed})["exchange"]["to_amount"] == becomes


@pytest.mark.parametrize("rate", ["0.925", 1, "1.000000000001"])
def test_a_rate_may_come_as_json_and_is_no_float(api, accounts, rate):
    shown = post(api, {"exchange": terms("usd", 10**14, "eur", rate)}, is_json=True)

    assert shown["exchange"]["rate"] == str(rate)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"to_amount": 92_51}, "exchange_amount_mismatch", "exchange[to_amount]"),
        ({"to_currency": "usd"}, "exchange_invalid", "exchange[to_currency]"),
        ({"to": "owed"}, "exchange_invalid", "exchange[to]"),
        ({"to_currency": "jpy", "rate": "0.0001"}, "exchange_invalid", "exchange[from_amount]"),
        (
            {"rate": "999999999999", "from_amount": 10**9},
            "exchange_invalid",
            "exchange[from_amount]",
        ),
        ({"to": "nothing"}, "ledger_account_missing", "exchange[to]"),
        ({"from": "sales", "from_currency": "eur"}, "currency_mismatch", "exchange[from]"),
        ({"from": "platform:fees"}, "ledger_account_reserved", "exchange[from]"),
        ({"from": "fx:eur-usd"}, "ledger_account_reserved", "exchange[from]"),
        ({"rate": "0"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"rate": "0.0000"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"rate": "-1"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"rate": "1e-3"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"rate": "0.0000000000001"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"rate": "1234567890123"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"rate": "\u0661"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"rate": "NaN"}, "parameter_invalid_decimal", "exchange[rate]"),
        ({"from_amount": 0}, "amount_too_small", "exchange[from_amount]"),
        ({"rate_source": "x" * 201}, "parameter_invalid_string", "exchange[rate_source]"),
    ],
)
def test_an_exchange_that_is_none_is_refused(api, accounts, changes, code, param):
    given = terms("usd", 100_00, "eur", "0.925")

    error = post(api, {"exchange": {**given, **changes}}, status=400).error

    assert (error["code"], error["param"]) == (code, param)
    assert balances(api) == {}


def test_a_floor_is_asked_about(api, accounts):
    error = post(
        api,
        {"exchange": {**terms("usd", 1_00, "eur", "1"), "from": "card", "to": "owed"}},
        status=400,
    ).error

    assert (error["code"], error["param"]) == ("balance_insufficient", "exchange[from]")


def test_the_same_reference_at_another_rate_is_another_exchange(api, accounts):
    given = terms("usd", 1_00, "eur", "0.92")
    first = post(api, {"exchange": given, "reference": "fx:1"})

    assert post(api, {"exchange": given, "reference": "fx:1"}) == first
    for changes in ({"rate": "0.9201"}, {"rate_source": "somebody"}):
        error = post(api, {"exchange": {**given, **changes}, "reference": "fx:1"}, status=409).error
        assert error["code"] == "reference_reused"


def test_a_pending_exchange_is_posted_in_full_at_its_rate_or_not(api, accounts):
    pending = post(api, {"exchange": terms("usd", 1_00, "eur", "0.92"), "pending": True})
    path = f"{PATH}/{pending['id']}"
    some = {name: pending["postings"][0][name] for name in ("debit", "credit", "currency")}
    for param, part in (("amount", 50), ("postings", [{**some, "amount": 1}])):
        error = api.post(f"{path}/post", {param: part}, status=400).error
        assert (error["code"], error["param"]) == ("posting_invalid", param)

    posted = api.post(f"{path}/post")

    assert posted["exchange"] == pending["exchange"]
    assert api.post(f"{path}/post") == posted
    undone = api.post(f"{PATH}/{posted['id']}/reverse")
    assert undone["exchange"] is None
    assert balances(api) == {}


@given(minor=st.integers(1, MAX_MINOR), sold=CURRENCIES, bought=CURRENCIES, rate=RATES)
def test_every_exchange_balances_in_each_currency(minor, sold, bought, rate):
    accounts = [
        KnownAccount(id=f"lacct_{n}", code=f"a{n}", currency=currency, kind=Kind.ASSET)
        for n, currency in enumerate((sold, bought))
    ]
    try:
        agreed = exchange.agree(
            from_account=accounts[0],
            to_account=accounts[1],
            sold=Money(minor, sold),
            currency=bought,
            rate=rate,
        )
    except ExchangeInvalid:
        return
    sale, purchase = exchange.postings(agreed)
    assert (sale.money, purchase.money) == (agreed.sold, agreed.bought)
    assert sale.debit == purchase.credit == f"fx:{'-'.join(sorted((sold, bought)))}"
    assert accounts[0].side is Side.DEBIT
    # Nobody gains or loses more than half a unit.
    exact = Fraction(rate) * minor * Fraction(10) ** (decimals(bought) - decimals(sold))
    assert abs(exact - agreed.bought.minor) <= Fraction(1, 2)
