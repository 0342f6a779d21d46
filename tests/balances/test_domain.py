"""The postings of balance transactions, and what is read from them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.balances import domain
from apps.balances.domain import Amounts, Kind
from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain import chart

ACCOUNT = "acct_A"
RECEIVABLE = chart.processor_receivable("sim")
PENDING = chart.account_pending(ACCOUNT)
AVAILABLE = chart.account_available(ACCOUNT)


FEES = chart.platform_fees()
IN_TRANSIT = chart.account_in_transit(ACCOUNT)
CASH = chart.customer_cash("cus_A")
BANK = chart.bank_settlement()


def postings(kind, minor, *, fee=0, is_available=False, against=""):
    """Return the postings as (debit, credit, minor units)."""
    moved = domain.postings(
        kind,
        account_id=ACCOUNT,
        money=Money(minor, "usd"),
        fee=Money(fee, "usd"),
        processor="sim",
        is_available=is_available,
        against=against,
    )
    return [(posting.debit, posting.credit, posting.money.minor) for posting in moved]


def test_a_charge_is_the_merchants_less_the_fee():
    assert postings(Kind.CHARGE, 100_00, fee=3_20) == [
        (RECEIVABLE, PENDING, 96_80),
        (RECEIVABLE, chart.platform_fees(), 3_20),
    ]


def test_a_posting_of_nothing_is_left_out():
    assert postings(Kind.CHARGE, 100) == [(RECEIVABLE, PENDING, 100)]
    assert postings(Kind.CHARGE, 30, fee=30) == [(RECEIVABLE, chart.platform_fees(), 30)]


@pytest.mark.parametrize(("is_available", "own"), [(False, PENDING), (True, AVAILABLE)])
def test_a_refund_is_taken_in_full_from_where_the_money_is(is_available, own):
    moved = postings(Kind.REFUND, -100_00, is_available=is_available)

    assert moved == [(own, RECEIVABLE, 100_00)]


def test_a_refund_that_fails_is_pending_again_if_it_was():
    assert postings(Kind.REFUND_FAILURE, 100_00) == [(RECEIVABLE, PENDING, 100_00)]


@pytest.mark.parametrize(
    ("kind", "minor", "fee", "against", "moved"),
    [
        (Kind.PAYMENT, 100, 3, CASH, [(CASH, AVAILABLE, 97), (CASH, FEES, 3)]),
        (Kind.PAYMENT_REFUND, -100, 0, CASH, [(AVAILABLE, CASH, 100)]),
        (Kind.REFUND_FAILURE, 100, 0, "", [(RECEIVABLE, AVAILABLE, 100)]),
        (Kind.PAYMENT_FAILURE_REFUND, -100, 0, "", [(AVAILABLE, RECEIVABLE, 100)]),
        # A dispute takes its fee, and gives it back when it is won.
        (Kind.ADJUSTMENT, -100, 15, "", [(AVAILABLE, RECEIVABLE, 100), (AVAILABLE, FEES, 15)]),
        (Kind.ADJUSTMENT, 100, -15, "", [(RECEIVABLE, AVAILABLE, 100), (FEES, AVAILABLE, 15)]),
        (Kind.PAYOUT, -100, 0, IN_TRANSIT, [(AVAILABLE, IN_TRANSIT, 100)]),
        (Kind.PAYOUT, 100, 0, BANK, [(BANK, AVAILABLE, 100)]),
        (Kind.PAYOUT_CANCEL, 100, 0, IN_TRANSIT, [(IN_TRANSIT, AVAILABLE, 100)]),
        (Kind.PAYOUT_FAILURE, 100, 0, BANK, [(BANK, AVAILABLE, 100)]),
    ],
)
def test_every_kind_moves_what_is_available_and_says_its_amounts(kind, minor, fee, against, moved):
    found = postings(kind, minor, fee=fee, is_available=True, against=against)

    assert found == moved
    assert domain.amounts(found, account_id=ACCOUNT) == Amounts(minor, fee, minor - fee)


@pytest.mark.parametrize(
    ("kind", "minor", "fee"),
    [
        (Kind.CHARGE, 100, 101),
        (Kind.CHARGE, 100, -1),
        (Kind.CHARGE, -100, 0),
        (Kind.REFUND, 100, 0),
        (Kind.REFUND, -9, 1),
        (Kind.REFUND_FAILURE, -9, 0),
        (Kind.ADJUSTMENT, 100, 1),
        (Kind.ADJUSTMENT, -100, -1),
        (Kind.ADJUSTMENT, 0, 1),
        (Kind.PAYOUT, -100, 1),
    ],
)
def test_what_no_caller_may_ask_for_is_refused(kind, minor, fee):
    with pytest.raises(AssertionError):
        postings(kind, minor, fee=fee, is_available=True)


@pytest.mark.parametrize("kind", [Kind.ADJUSTMENT, Kind.PAYOUT, Kind.PAYMENT_FAILURE_REFUND])
def test_what_is_pending_is_neither_disputed_nor_paid_out(kind):
    with pytest.raises(AssertionError):
        postings(kind, -100, is_available=False)


def test_statements_group_every_kind():
    assert set(domain.REPORTING_CATEGORIES) == set(Kind)


@given(minor=st.integers(1, MAX_MINOR), share=st.fractions(0, 1), is_available=st.booleans())
def test_the_amounts_of_a_charge_are_in_its_postings(minor, share, is_available):
    fee = int(minor * share)
    moved = postings(Kind.CHARGE, minor, fee=fee, is_available=is_available)

    assert domain.amounts(moved, account_id=ACCOUNT) == Amounts(minor, fee, minor - fee)


@given(minor=st.integers(1, MAX_MINOR), is_available=st.booleans())
def test_the_amounts_of_a_refund_are_in_its_postings(minor, is_available):
    moved = postings(Kind.REFUND, -minor, is_available=is_available)

    assert domain.amounts(moved, account_id=ACCOUNT) == Amounts(-minor, 0, -minor)


@pytest.mark.parametrize("net", [1, -1, 0, MAX_MINOR, MAX_MINOR + 1, -2 * MAX_MINOR])
def test_a_release_moves_the_net_sum_between_pending_and_available(net):
    moved = domain.release_postings(account_id=ACCOUNT, net=Money(net, "jpy"))

    to_available = sum(p.money.minor * (1 if p.credit == AVAILABLE else -1) for p in moved)
    assert to_available == net
    assert all({p.debit, p.credit} == {PENDING, AVAILABLE} for p in moved)
    assert all(0 < p.money.minor <= MAX_MINOR for p in moved)


def test_both_halves_of_a_balance_list_the_same_currencies():
    sums = {(PENDING, "usd"): 5, (AVAILABLE, "eur"): -7}
    balance = domain.balance(sums, account_id=ACCOUNT, currency="gbp")

    assert balance.available == (Money(-7, "eur"), Money(0, "usd"))
    assert balance.pending == (Money(0, "eur"), Money(5, "usd"))


def test_a_balance_of_nothing_is_in_the_accounts_own_currency():
    balance = domain.balance({}, account_id=ACCOUNT, currency="gbp")

    assert balance.available == balance.pending == (Money(0, "gbp"),)


@pytest.mark.parametrize(
    ("given", "rounded"),
    [
        (timedelta(), timedelta()),
        (timedelta(microseconds=1), timedelta(minutes=1)),
        (timedelta(minutes=59, seconds=59.999999), timedelta(hours=1)),
    ],
    ids=str,
)
def test_an_instant_is_rounded_up_to_the_minute(given, rounded):
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)

    assert domain.next_minute(noon + given) == noon + rounded


def test_a_balance_transaction_and_its_ledger_transaction_share_a_suffix():
    assert domain.balance_transaction_id("ltx_3fA") == "txn_3fA"
    assert domain.ledger_transaction_id("txn_3fA") == "ltx_3fA"
