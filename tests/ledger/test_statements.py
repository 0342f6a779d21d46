"""`/v1/ledger/accounts/{id}/statement`: as JSON, CSV and PDF."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from apps.core import clock
from apps.ledger import queries
from apps.ledger.api import statement_pdf
from apps.ledger.domain import Side
from apps.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting, LedgerSnapshot
from tests.client import ApiClient
from tests.ledger.drawn import NOON, SECOND, books, exploring, fill, rolled_back
from tests.ledger.recorded import open_account, record, record_many, seal, take_snapshot

DAY = timedelta(days=1)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
PERIOD = {"start": clock.to_unix(MARCH), "end": clock.to_unix(APRIL - SECOND)}


@pytest.fixture
def sales(environment):
    """An account that grows by credits, with entries before, in and after March 2026."""
    account, cash = open_account("sales", "revenue"), open_account("cash")
    record(cash, account, 1_000_00, effective_at=MARCH - SECOND / 2)
    record(cash, account, 250_50, effective_at=MARCH, reference="first")
    record(account, cash, 50_25, effective_at=MARCH + DAY, reference="=cmd|' /C calc'!A0")
    record(cash, account, 9, effective_at=MARCH + DAY, layer="pending")
    record(cash, account, 1, effective_at=APRIL - SECOND / 2, reference="last")
    record(cash, account, 7_00, effective_at=APRIL)
    return account


def statement(api, account, **params):
    return api.get(f"ledger/accounts/{account.pk}/statement", {**PERIOD, **params})


# JSON ---------------------------------------------------------------------------------------------


def test_a_statement_leads_from_the_opening_to_the_closing_balance(api, sales):
    shown = statement(api, sales)

    entries = shown.pop("entries")
    assert shown == {
        "object": "ledger.statement",
        "account": sales.pk,
        "closing_balance": 1_200_26,
        "code": "sales",
        "credits": 250_51,
        "currency": "usd",
        "debits": 50_25,
        "livemode": False,
        "opening_balance": 1_000_00,
        **PERIOD,
    }
    assert [(one["side"], one["amount"], one["balance"]) for one in entries["data"]] == [
        ("credit", 250_50, 1_250_50),
        ("debit", 50_25, 1_200_25),
        ("credit", 1, 1_200_26),
    ]
    assert entries["has_more"] is False
    assert entries["data"][0] == api.get(f"ledger/entries/{entries['data'][0]['id']}")


def test_a_period_without_entries_has_two_equal_balances(api, sales):
    shown = statement(api, sales, end=PERIOD["start"] - 1, start=PERIOD["start"] - 1)
    assert (shown["opening_balance"], shown["closing_balance"]) == (0, 1_000_00)
    shown = statement(api, sales, end=PERIOD["end"] + 2, start=PERIOD["end"] + 2)
    assert (shown["opening_balance"], shown["closing_balance"]) == (1_207_26, 1_207_26)
    assert (shown["debits"], shown["credits"], shown["entries"]["data"]) == (0, 0, [])


def test_many_entries_come_in_pages_with_the_same_balances(api, sales):
    whole = statement(api, sales)
    entries = whole["entries"]["data"]

    first = statement(api, sales, limit=2)
    assert (first["entries"]["data"], first["entries"]["has_more"]) == (entries[:2], True)
    rest = statement(api, sales, limit=2, starting_after=entries[1]["id"])
    assert (rest["entries"]["data"], rest["entries"]["has_more"]) == (entries[2:], False)
    for shown in (first, rest):
        assert {**shown, "entries": None} == {**whole, "entries": None}


@exploring
@given(
    **books,
    start=st.integers(-1, 7),
    length=st.integers(0, 7),
    limit=st.none() | st.integers(1, 4),
)
def test_the_opening_balance_and_the_entries_make_the_closing_balance(
    environment, recorded, sealed, cut_offs, start, length, limit
):
    with rolled_back():
        account = fill(recorded, sealed=sealed, cut_offs=cut_offs)
        starts_at = NOON + start * SECOND
        ends_at = starts_at + length * SECOND

        entries, found = read_whole(account, starts_at=starts_at, ends_at=ends_at, limit=limit)

        rows = LedgerEntry.objects.filter(
            account=account, effective_at__gte=starts_at, effective_at__lt=ends_at + SECOND
        )
        in_order = rows.filter(layer="posted").order_by("effective_at", "posting_id")
        assert [entry.id for entry in entries] == [row.id for row in in_order]
        balance = found.opening_minor
        for entry in entries:
            balance += entry.amount_minor
            assert entry.balance_minor == balance
        assert balance == found.closing_minor
        assert found.closing_minor == queries.balance_at(account, at=ends_at).posted_minor
        assert (
            found.opening_minor == queries.balance_at(account, at=starts_at - SECOND).posted_minor
        )
        moved = found.debits_minor - found.credits_minor
        assert moved == sum(row.amount_minor for row in in_order)


def read_whole(account, *, limit, **period):
    """Return all entries of a statement, page after page, and the last page's statement."""
    entries, place = [], None
    while True:
        found = queries.read_statement(account, **period, after=place, limit=limit)
        page = list(found.entries)
        entries += page
        if limit is None or len(page) < limit:
            return entries, found
        place = queries.find_place(account, page[-1].id)


def test_it_is_read_in_one_statement(sales, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = queries.read_statement(sales, starts_at=MARCH, ends_at=APRIL, limit=10)
        assert len(list(found.entries)) == 4


def test_a_book_that_does_not_add_up_makes_no_statement(api, sales):
    seal(until=LedgerPosting.objects.latest("id").id)
    take_snapshot(sales, cut_off_at=APRIL)
    assert statement(api, sales)["closing_balance"] == 1_200_26
    LedgerSnapshot.objects.update(credits_minor=5)

    refused = api.get(f"ledger/accounts/{sales.pk}/statement", PERIOD, status=500).error
    assert refused["type"] == "api_error"


# CSV ----------------------------------------------------------------------------------------------


def test_as_csv_it_has_a_line_for_each_entry_and_both_balances(api, sales):
    answer = statement(api, sales, format="csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="statement-{sales.pk}-20260301-20260331.csv"'
    )
    head, *lines = csv.reader(io.StringIO(answer.body.decode(), newline=""))
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    columns = ("type", "effective_at", "reference", "debit", "credit", "balance", "balance_minor")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("opening", "2026-03-01T00:00:00.000000Z", "", "", "", "1000.00", "100000"),
        ("entry", "2026-03-01T00:00:00.000000Z", "first", "", "250.50", "1250.50", "125050"),
        (
            *("entry", "2026-03-02T00:00:00.000000Z", "'=cmd|' /C calc'!A0"),
            *("50.25", "", "1200.25", "120025"),
        ),
        ("entry", "2026-03-31T23:59:59.500000Z", "last", "", "0.01", "1200.26", "120026"),
        ("closing", "2026-03-31T23:59:59.000000Z", "", "50.25", "250.51", "1200.26", "120026"),
    ]
    assert (rows[1]["entry"][:4], rows[1]["transaction"][:4]) == ("len_", "ltx_")
    assert {row["currency"] for row in rows} == {"usd"}


@pytest.mark.parametrize(
    ("currency", "major"), [("jpy", "-5"), ("kwd", "-0.005"), ("eur", "-0.05")]
)
def test_amounts_have_the_decimals_of_their_currency(api, environment, currency, major):
    account = open_account("a", currency=currency)
    record(open_account("b", currency=currency), account, 5, effective_at=MARCH)

    lines = statement(api, account, format="csv").body.decode().splitlines()
    assert lines[-1].endswith(f",{major},0,5,-5")


@pytest.fixture
def long(committed_environment):
    """An account with more entries than the server sends at a time, committed."""
    account, cash = open_account("sales", "revenue"), open_account("cash")
    record_many(cash, account, 1, effective_at=MARCH, count=5_000)
    return account, cash


def test_of_a_long_statement_the_server_keeps_what_was_not_asked_for(long):
    account, cash = long
    found = queries.read_statement(account, starts_at=MARCH, ends_at=APRIL)
    first = next(found.entries)

    with connection.cursor() as cursor:
        cursor.execute("SELECT is_holdable FROM pg_cursors")
        assert cursor.fetchall() == [(True,)]
        # No transaction is open meanwhile: a slow reader holds nobody up.
        cursor.execute("SELECT now() = statement_timestamp()")
        assert cursor.fetchone() == (True,)
    # What is posted meanwhile is not in it: all of it is of one moment.
    record(cash, account, 7, effective_at=MARCH)
    rest = list(found.entries)

    assert (first.balance_minor, rest[-1].balance_minor, len(rest)) == (1, 5_000, 4_999)
    assert found.closing_minor == 5_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors")
        assert cursor.fetchone() == (0,)


def test_a_client_that_leaves_ends_the_reading(long):
    account, _ = long
    found = queries.read_statement(account, starts_at=MARCH, ends_at=APRIL)
    next(found.entries)
    found.entries.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors")
        assert cursor.fetchone() == (0,)


def test_a_long_statement_is_sent_whole(long, committed):
    account, _ = long
    answer = statement(ApiClient(committed.secret_key), account, format="csv")

    lines = answer.body.decode().splitlines()
    assert (len(lines), lines[-1].split(",")[-1]) == (5_003, "5000")


# PDF ----------------------------------------------------------------------------------------------


def pages_of(answer):
    assert answer.headers["Content-Type"] == "application/pdf"
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.body)).pages]


def test_as_pdf_it_is_a_page_to_print(api, sales):
    LedgerAccount.objects.filter(pk=sales.pk).update(name="Sales of books")
    answer = statement(api, sales, format="pdf")

    (page,) = pages_of(answer)
    lines = page.splitlines()
    for text in (
        *("Sales of books", "sales", sales.pk, "TEST DATA"),
        *("2026-03-01 00:00:00 to 2026-03-31 23:59:59", "1,000.00 USD", "1,200.26 USD"),
        *("first", "=cmd|' /C calc'!A0", "50.25", "250.50", "1,200.25", "250.51"),
    ):
        assert text in lines, text
    assert lines[-1].endswith("Page 1 of 1")


def test_a_pdf_of_many_entries_has_many_pages(api, environment):
    account, cash = open_account("sales", "revenue"), open_account("cash")
    record_many(cash, account, 1, effective_at=MARCH, count=200)

    pages = pages_of(statement(api, account, format="pdf"))

    count = len(pages)
    assert count > 2
    for number, page in enumerate(pages, start=1):
        assert page.splitlines()[-1].endswith(f"Page {number} of {count}")
        assert "Balance" in page
    assert "Closing balance" in pages[-1]
    assert "200" not in pages[0].splitlines()
    assert (
        sum(page.splitlines().count("0.01") for page in pages) == 200 + 1
    )  # and the first balance


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Žluťoučký kůň", "Žluťoučký kůň"),
        ("Ελλάδα и Москва", "Ελλάδα и Москва"),
        ("東京タワー", "東京"),
        ("서울", "서울"),
        ("हिन्दी 😀 \U0010ffff", "\N{REPLACEMENT CHARACTER}"),
        ("two\nlines\u202ereversed", "two lines reversed"),
        ("עברית", None),
        ("العربية", None),
        ("n" * 120, "nnn"),
    ],
)
def test_a_name_in_any_script_makes_a_pdf(api, sales, name, shown):
    LedgerAccount.objects.filter(pk=sales.pk).update(name=name)

    (page,) = pages_of(statement(api, sales, format="pdf"))

    assert shown is None or shown in page
    assert sales.pk in page


def test_what_does_not_fit_is_made_smaller_or_shorter(api, environment):
    account, cash = open_account("sales", "revenue"), open_account("cash")
    for day in range(3):
        record(cash, account, 10**15, effective_at=MARCH + day * DAY, reference=f"{day}" * 200)

    (page,) = pages_of(statement(api, account, format="pdf"))

    assert "30,000,000,000,000.00" in page
    assert "0000…" in page
    assert "1" * 100 not in page


def test_a_pdf_that_would_be_a_book_is_refused(api, environment):
    account, cash = open_account("sales", "revenue"), open_account("cash")
    limit = statement_pdf.ENTRIES_MAX
    record_many(cash, account, 1, effective_at=MARCH, count=limit + 1)

    refused = api.get(
        f"ledger/accounts/{account.pk}/statement", {**PERIOD, "format": "pdf"}, status=400
    ).error
    assert (refused["code"], refused["param"]) == ("ledger_statement_too_long", "format")
    assert f"{limit:,}" in refused["message"]


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"start": None}, "parameter_invalid_empty", "start"),
        ({"start": "2026-03-01"}, "parameter_invalid_integer", "start"),
        ({"end": -1}, "parameter_invalid_integer", "end"),
        ({"end": PERIOD["start"] - 1}, "ledger_statement_invalid", "end"),
        ({"format": "xls"}, None, "format"),
        ({"limit": "many"}, "parameter_invalid_integer", "limit"),
        ({"starting_after": "len_none"}, "resource_missing", "starting_after"),
        ({"ending_before": "len_none"}, "parameter_unknown", "ending_before"),
        ({"format": "csv", "limit": 1}, None, "limit"),
        ({"format": "pdf", "starting_after": "len_none"}, None, "starting_after"),
        ({"at": 1}, "parameter_unknown", "at"),
        ({"expand": ["entries"]}, "property_not_expandable", "expand"),
    ],
)
def test_a_bad_statement_is_refused(api, sales, params, code, param):
    address = f"ledger/accounts/{sales.pk}/statement"

    refused = api.get(address, {**PERIOD, **params}, status=400).error

    assert (refused.get("code"), refused["param"]) == (code, param)


@pytest.mark.parametrize("name", ["start", "end"])
def test_a_statement_has_a_period(api, sales, name):
    params = {other: instant for other, instant in PERIOD.items() if other != name}

    refused = api.get(f"ledger/accounts/{sales.pk}/statement", params, status=400).error
    assert (refused["code"], refused["param"]) == ("parameter_missing", name)


def test_an_entry_before_or_after_the_period_is_no_cursor(api, sales):
    inside = {one["id"] for one in statement(api, sales)["entries"]["data"]}
    entries = api.get(f"ledger/accounts/{sales.pk}/entries", {"layer": "posted"})["data"]
    outside = [one["id"] for one in entries if one["id"] not in inside]

    assert len(outside) == 2
    for cursor in outside:
        refused = api.get(
            f"ledger/accounts/{sales.pk}/statement",
            {**PERIOD, "starting_after": cursor},
            status=400,
        ).error
        assert (refused["code"], refused["param"]) == ("resource_missing", "starting_after")


@pytest.mark.parametrize("form", ["json", "csv", "pdf"])
def test_of_another_s_account_there_is_no_statement(other_api, sales, form):
    refused = other_api.get(
        f"ledger/accounts/{sales.pk}/statement", {**PERIOD, "format": form}, status=404
    ).error
    assert refused["code"] == "resource_missing"


def test_an_account_that_grows_by_debits_is_seen_from_its_side(api, sales):
    cash = LedgerAccount.objects.get(code="cash")

    shown = statement(api, cash)
    assert (shown["opening_balance"], shown["closing_balance"]) == (1_000_00, 1_200_26)
    assert (shown["debits"], shown["credits"]) == (250_51, 50_25)
    first = shown["entries"]["data"][0]
    assert (first["side"], first["balance"]) == (Side.DEBIT, 1_250_50)
