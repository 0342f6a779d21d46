"""Reading the books, and finding out that somebody has cooked them."""

import pytest
from django.db import connection, transaction

from apps.core import context
from apps.core.money import Money
from apps.ledger import installation, queries, services
from apps.ledger.domain import Posting, Projection, chart
from apps.ledger.models import LedgerEntry

BANK, FEES, WALLET = chart.bank_settlement(), chart.platform_fees(), chart.wallet("wal_1")


def post(debit, credit, minor, **details):
    posting = Posting(debit=debit, credit=credit, money=Money(minor, "usd"))
    return services.post([posting], **details).transaction_id


def test_entries_come_with_the_balance_after_each(book):
    top_up = services.post(
        [
            Posting(debit=BANK, credit=WALLET, money=Money(97_00, "usd")),
            Posting(debit=BANK, credit=FEES, money=Money(3_00, "usd")),
        ],
        reference="top-up",
    ).transaction_id
    spent = post(WALLET, FEES, 7_00, reference="spend")

    found = [
        (entry.code, entry.side, entry.money.minor, entry.balance.minor)
        for entry in queries.list_entries([spent, top_up])
    ]
    assert found == [
        (BANK, "debit", 97_00, 97_00),
        (WALLET, "credit", 97_00, 97_00),
        (BANK, "debit", 3_00, 100_00),
        (FEES, "credit", 3_00, 3_00),
        (WALLET, "debit", -7_00, 90_00),
        (FEES, "credit", 7_00, 10_00),
    ]


def test_the_entries_of_a_transaction_add_up_to_zero_and_have_ids_of_their_own(book):
    transaction_id = post(BANK, WALLET, 5, reference="hold", pending=True)
    voided = services.post([], reference="void", resolves=transaction_id).transaction_id

    for one, amounts in ((transaction_id, [5, -5]), (voided, [-5, 5])):
        entries = LedgerEntry.objects.filter(transaction=one).order_by("id")
        assert [entry.amount_minor for entry in entries] == amounts
        suffix = one.removeprefix("ltx_")
        assert [entry.id for entry in entries] == [f"len_{suffix}00000", f"len_{suffix}00001"]


def test_what_is_pending_is_in_no_balance(book):
    post(BANK, WALLET, 5, reference="hold", pending=True)
    assert queries.balances([BANK, WALLET]) == {(BANK, "usd"): 0, (WALLET, "usd"): 0}
    assert queries.balances([FEES]) == {}
    assert queries.balances_by_code([FEES], currency="usd") == {FEES: 0}


def test_transactions_are_found_by_what_caused_them(book):
    charge = post(BANK, WALLET, 5, reference="charge", source_id="ch_1")
    post(WALLET, BANK, 1, reference="refund", source_id="re_1")

    def found(**filters):
        return [row.pk for row in queries.list_transactions(**filters)]

    assert found(source_id="ch_1") == [charge]
    assert found(source_id="ch_2") == []
    assert len(found()) == 2
    with context.amended(account_id="acct_other"):
        assert found() == []


def test_a_transaction_reads_as_a_journal(book):
    post(BANK, WALLET, 5, reference="first", source_id="ch_1", details={"type": "charge"})
    row = queries.list_transactions().annotate(journal=queries.journal("pk")).get()
    assert row.journal == {
        "source": "ch_1",
        "details": {"type": "charge"},
        "postings": [{"debit": BANK, "credit": WALLET, "minor": 5}],
    }


@pytest.mark.parametrize(
    ("table", "cooked"),
    [
        ("ledger_balance", "UPDATE ledger_balance SET debits_minor = debits_minor + 1"),
        ("ledger_balance", "DELETE FROM ledger_balance"),
        ("ledger_balance", "UPDATE ledger_balance SET pending_credits_minor = 1"),
        ("ledger_balance", "UPDATE ledger_balance SET entry_count = 0"),
        ("ledger_posting", "UPDATE ledger_posting SET amount_minor = 6"),
        ("ledger_posting", "DELETE FROM ledger_posting"),
    ],
)
def test_the_checker_sees_what_the_owner_of_the_tables_can_do(book, table, cooked):
    post(BANK, WALLET, 5, reference="first")
    assert queries.check_drift() == []
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(cooked)
    assert {drift.code for drift in queries.check_drift()} == {BANK, WALLET}


@pytest.mark.parametrize(("setting", "kind"), [("auto", "statement"), ("row", "row")])
def test_an_installation_chooses_its_trigger(environment, settings, setting, kind):
    settings.LEDGER_PROJECTION = setting
    installation.install(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_projection()")
        assert cursor.fetchone() == (Projection(kind).value,)
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'ledger_posting'::regclass"
            " AND tgname LIKE 'ledger_posting_project%'"
        )
        assert cursor.fetchall() == [(f"ledger_posting_project_{kind}",)]
    post(BANK, WALLET, 5, reference="first")
    assert queries.check_drift() == []


def test_the_trigger_can_be_changed_while_the_books_are_open(committed_environment):
    for number, kind in enumerate([Projection.ROW, Projection.STATEMENT, Projection.ROW]):
        with transaction.atomic():
            services.use_projection(kind)
        with transaction.atomic():
            post(BANK, WALLET, 5, reference=f"{number}")
    assert queries.balances_by_code([WALLET], currency="usd") == {WALLET: 15}
    assert queries.check_drift() == []
