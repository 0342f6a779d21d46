"""The chart of accounts, and what makes a draft well-formed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain import (
    Draft,
    Kind,
    Posting,
    Side,
    chart,
    fingerprint,
    normal_side,
    reversal,
    validate,
)
from apps.ledger.domain.postings import POSTINGS_MAX, REFERENCE_LENGTH
from apps.ledger.domain.refusals import InvalidPosting

EUR_25 = Money(25_00, "eur")
SALE = Posting(debit="processor:sim:receivable", credit="platform:fees", money=EUR_25)
DRAFT = Draft(postings=(SALE,), reference="sale:1")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "kind", "floor_minor", "owner", "is_house"),
    [
        (chart.processor_receivable("sim"), Kind.ASSET, None, None, True),
        (chart.processor_fees("sim"), Kind.EXPENSE, None, None, True),
        (chart.bank_settlement(), Kind.ASSET, None, None, True),
        (chart.account_pending("acct_1"), Kind.LIABILITY, None, "acct_1", False),
        (chart.account_available("acct_1"), Kind.LIABILITY, None, "acct_1", False),
        (chart.account_reserved("acct_1"), Kind.LIABILITY, None, "acct_1", False),
        (chart.account_in_transit("acct_1"), Kind.LIABILITY, 0, "acct_1", False),
        (chart.wallet("wal_1"), Kind.LIABILITY, 0, None, False),
        (chart.wallet_held("wal_1"), Kind.LIABILITY, 0, None, False),
        (chart.customer_credit("cus_1"), Kind.LIABILITY, None, None, False),
        (chart.customer_granted("cus_1"), Kind.EXPENSE, None, None, False),
        (chart.customer_cash("cus_1"), Kind.LIABILITY, 0, None, False),
        (chart.platform_fees(), Kind.REVENUE, None, None, True),
        (chart.platform_losses(), Kind.EXPENSE, None, None, True),
        (chart.fx("eur-usd"), Kind.EQUITY, None, None, True),
    ],
)
def test_the_chart_knows_how_to_open_each_of_its_accounts(code, kind, floor_minor, owner, is_house):
    opening = chart.opening(code)
    assert opening == chart.Opening(
        kind=kind, floor_minor=floor_minor, owner=owner, is_house=is_house
    )
    assert chart.is_reserved(code)
    # Only one row can guard a floor; all others are spread.
    assert opening.stripes == (chart.STRIPES if floor_minor is None else 1)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "cash",
        "account:acct_1",
        "account:cus_1:pending",
        "wallet:",
        "platform:fees:more",
        "fx:a",
    ],
)
def test_the_chart_opens_nothing_that_is_not_in_it(code):
    assert chart.opening(code) is None


def test_assets_and_expenses_grow_by_debits():
    assert {kind for kind in Kind if normal_side(kind) is Side.DEBIT} == {Kind.ASSET, Kind.EXPENSE}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": "r" * (REFERENCE_LENGTH + 1)}, "reference"),
        ({"postings": ()}, "postings"),
        ({"postings": (SALE,) * (POSTINGS_MAX + 1)}, "postings"),
        ({"postings": (SALE, replace(SALE, money=Money(0, "eur")))}, "postings[1][amount]"),
        ({"postings": (replace(SALE, money=-EUR_25),)}, "postings[0][amount]"),
        (
            {"postings": (replace(SALE, money=Money(MAX_MINOR + 1, "eur")),)},
            "postings[0][amount]",
        ),
        ({"postings": (replace(SALE, credit=SALE.debit),)}, "postings[0][credit]"),
        ({"is_pending": True, "resolves": "ltx_1"}, "pending"),
        ({"is_pending": True, "reverses": "ltx_1"}, "pending"),
        ({"expires_at": NOON}, "expires_at"),
    ],
)
def test_it_refuses_what_is_not_well_formed(changes, param):
    with pytest.raises(InvalidPosting) as refusal:
        validate(replace(DRAFT, **changes))
    assert refusal.value.param == param


@pytest.mark.parametrize(
    "draft",
    [
        DRAFT,
        replace(DRAFT, postings=(SALE,) * POSTINGS_MAX),
        replace(DRAFT, postings=(), resolves="ltx_1"),
        replace(DRAFT, is_pending=True, expires_at=NOON),
        replace(DRAFT, postings=(replace(SALE, money=Money(MAX_MINOR, "eur")),)),
    ],
)
def test_it_accepts_what_is_well_formed(draft):
    validate(draft)


@pytest.mark.parametrize(
    "changes",
    [
        {"postings": (SALE, SALE)},
        {"postings": (SALE.reversed(),)},
        {"postings": (replace(SALE, money=Money(25_00, "usd")),)},
        {"is_pending": True},
        {"effective_at": NOON},
        {"resolves": "ltx_1"},
        {"reverses": "ltx_1"},
        {"expires_at": NOON},
    ],
)
def test_another_movement_has_another_fingerprint(changes):
    assert fingerprint(replace(DRAFT, **changes)) != fingerprint(DRAFT)


def test_the_words_about_a_movement_are_not_part_of_it():
    described = replace(DRAFT, metadata={"description": "A chair"})
    assert fingerprint(described) == fingerprint(DRAFT)


def test_a_reversal_undoes():
    (undone,) = reversal([SALE])
    assert (undone.debit, undone.credit, undone.money) == (SALE.credit, SALE.debit, EUR_25)
