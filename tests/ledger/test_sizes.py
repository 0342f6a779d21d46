"""Amounts so large that their sums would run over: refused, and never found out later."""

import pytest
from django.db import connection, transaction

from apps.core import clock, context
from apps.core.money import MAX_MINOR, Money
from apps.ledger import services
from apps.ledger.domain import Posting, refusals
from apps.ledger.domain.chart import STRIPES, SUM_MAX
from apps.ledger.models import LedgerBalance, LedgerSnapshot
from tests.ledger.asking import PATH, balances, entry, move, open_account, post, posting

BATCH = f"{PATH}/batch"
# As many postings of the largest amount as may be posted at once.
AT_ONCE = SUM_MAX // MAX_MINOR
LARGEST = posting("cash", "sales", MAX_MINOR)
JOURNAL = [entry("debit", "cash", MAX_MINOR), entry("credit", "sales", MAX_MINOR)]


@pytest.fixture
def shop(api, book):
    """Two accounts, through which nothing has gone."""
    open_account(api, "cash")
    open_account(api, "sales", kind="revenue")


def test_all_rows_of_an_account_stay_within_64_bits():
    assert STRIPES * SUM_MAX < 2**63


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"postings": [LARGEST] * (AT_ONCE + 1)}, "postings"),
        ({"postings": [LARGEST] * (AT_ONCE + 1), "pending": True}, "postings"),
        ({"entries": JOURNAL * (AT_ONCE + 1)}, "entries"),
    ],
)
def test_too_much_at_once_is_refused(api, shop, given, param):
    answer = api.post(PATH, given, is_json=True, status=400)

    assert (answer.error["code"], answer.error["param"]) == ("amount_too_large", param)
    assert balances(api) == {}


@pytest.mark.parametrize("more", [{}, {"pending": True}])
def test_too_much_in_the_course_of_time_is_refused(api, shop, more):
    api.post(PATH, {"postings": [LARGEST] * AT_ONCE, **more}, is_json=True)

    answer = post(api, move("cash", "sales", 1, **more), status=400)

    assert answer.error["code"] == "amount_too_large"
    assert answer.error["message"].startswith("More would have gone through a ledger account")


def test_too_much_in_an_atomic_batch_is_refused(api, shop):
    lines = [{"postings": [LARGEST] * AT_ONCE}, move("cash", "sales", 1)]

    answer = api.post(BATCH, {"transactions": lines}, is_json=True, status=400)

    assert (answer.error["code"], answer.error["param"]) == ("amount_too_large", "transactions")
    assert balances(api) == {}


def test_of_a_batch_each_line_has_its_own_result(api, shop):
    open_account(api, "vault")
    whole = {"postings": [LARGEST] * AT_ONCE}
    lines = [move("cash", "vault", 5), whole, move("vault", "cash", 7)]

    answer = api.post(BATCH, {"transactions": lines, "mode": "each"}, is_json=True)

    statuses = [result["status"] for result in answer["results"]]
    assert statuses == ["posted", "refused", "posted"]
    assert answer["results"][1]["error"]["code"] == "amount_too_large"
    assert balances(api) == {("cash", "usd"): (-2, -2), ("vault", "usd"): (2, 2)}


def test_what_was_accepted_on_several_rows_is_sealed(committed_book):
    for code, kind in (("cash", "asset"), ("sales", "revenue")):
        given = {"code": code, "currency": "usd", "kind": kind}
        services.open_account(given=given, now=clock.now())
    posted = 0
    while LedgerBalance.objects.filter(account__code="cash").count() < 3:
        posted += post_all_there_is_room_for(f"sale-{posted}")

    seal = services.seal_now(now=clock.now())

    assert seal.posting_count == posted * AT_ONCE
    largest = LedgerSnapshot.objects.order_by("debits_minor").last()
    assert largest is not None
    assert largest.debits_minor == posted * SUM_MAX


def post_all_there_is_room_for(reference):
    """Post by a connection of its own, which has a balance row; return 0 if that row is full."""
    connection.close()
    connection.set_tenant(context.current().environment)  # type: ignore[attr-defined]
    sale = Posting("cash", "sales", Money(MAX_MINOR, "usd"))
    try:
        with transaction.atomic():
            services.post([sale] * AT_ONCE, reference=reference)
    except refusals.AmountsTooLarge:
        return 0
    return 1
