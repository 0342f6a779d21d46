"""What PostgreSQL itself refuses, whoever asks and by whatever statement."""

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.core import clock
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.domain.refusals import AppendOnly, InvalidPosting
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerTransaction
from apps.ledger.posting_call import refusals
from tests.races import at_once

INSUFFICIENT_PRIVILEGE = "42501"
BANK, FEES, WALLET = chart.bank_settlement(), chart.platform_fees(), chart.wallet("wal_1")


@pytest.fixture
def posted(book):
    """A transaction of one posting."""
    postings = [Posting(debit=BANK, credit=WALLET, money=Money(100, "usd"))]
    return services.post(postings, reference="top-up").transaction_id


def run(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def sqlstate(statement, *parameters):
    """Run a statement that is refused; return the SQLSTATE."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        run(statement, *parameters)
    cause = refused.value.__cause__
    assert isinstance(cause, psycopg.Error)
    return cause.sqlstate


def add_posting(to, **changes):
    """Write a posting as anybody with an SQL prompt could."""
    found = LedgerTransaction.objects.get(pk=to)
    accounts = dict(LedgerAccount.objects.values_list("code", "id"))
    columns = {
        "transaction_id": to,
        "position": 1,
        "debit_id": accounts[BANK],
        "credit_id": accounts[WALLET],
        "amount_minor": 1,
        "currency": "usd",
        "layer": "posted",
        "effective_at": found.effective_at,
    } | changes
    with transaction.atomic(), refusals():
        LedgerPosting.objects.create(**columns)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transaction SET metadata = '{}'",
        "UPDATE ledger_transaction SET effective_at = now()",
        "DELETE FROM ledger_transaction",
        "TRUNCATE ledger_transaction CASCADE",
        "UPDATE ledger_posting SET amount_minor = 1",
        "UPDATE ledger_posting SET layer = 'pending'",
        "DELETE FROM ledger_posting",
        "TRUNCATE ledger_posting",
        "UPDATE ledger_account SET floor_minor = NULL WHERE floor_minor = 0",
        "UPDATE ledger_account SET code = code || 'x'",
        "UPDATE ledger_account SET currency = 'eur'",
        "UPDATE ledger_account SET kind = 'equity'",
        "UPDATE ledger_account SET account_id = 'acct_other'",
        "UPDATE ledger_account SET id = id || 'x'",
        "UPDATE ledger_account SET created_at = created_at + interval '1 s'",
        "UPDATE ledger_account SET stripes = 2 WHERE stripes = 16",
        "DELETE FROM ledger_account",
        "TRUNCATE ledger_account CASCADE",
        "UPDATE ledger_balance SET credits_minor = credits_minor + 1",
        "UPDATE ledger_balance SET floor_minor = NULL",
        "UPDATE ledger_balance SET entry_count = entry_count",
        "DELETE FROM ledger_balance",
        "TRUNCATE ledger_balance",
        "INSERT INTO ledger_balance (account_id, stripe, debits_minor) VALUES ('lacct_1', 0, 1)",
        "INSERT INTO ledger_balance (account_id, stripe, entry_count) VALUES ('lacct_1', 0, 1)",
        "INSERT INTO ledger_balance (account_id, stripe, floor_minor) VALUES ('lacct_1', 0, -9)",
        """INSERT INTO ledger_balance (account_id, stripe)
           SELECT account_id, stripe FROM ledger_balance
           ON CONFLICT (account_id, stripe) DO UPDATE SET credits_minor = 1""",
        """MERGE INTO ledger_balance USING (SELECT 1) AS one ON true
           WHEN MATCHED THEN UPDATE SET credits_minor = 1""",
    ],
)
def test_what_is_written_stays(posted, statement):
    assert sqlstate(statement) == "FC002"
    assert queries.balances_by_code([WALLET], currency="usd") == {WALLET: 100}
    assert queries.check_drift() == []


def test_the_refusal_of_a_change_is_an_error_of_the_domain(posted):
    with pytest.raises(AppendOnly) as refused, transaction.atomic(), refusals():
        LedgerPosting.objects.update(amount_minor=1)
    assert refused.value.code == "ledger_append_only"
    assert refused.value.message == (
        "UPDATE of ledger_posting is refused: the ledger is append-only."
    )


def test_a_row_of_zeros_sets_nothing_and_is_let_in(posted):
    run("INSERT INTO ledger_balance (account_id, stripe) VALUES ('lacct_1', 3)")
    assert queries.check_drift() == []


def test_a_name_and_metadata_may_change_and_an_account_is_not_opened_again(posted):
    LedgerAccount.objects.filter(code=BANK).update(name="House bank", metadata={"iban": "…"})
    run("UPDATE ledger_account SET closed_at = now() WHERE code = %s", FEES)
    run("UPDATE ledger_account SET closed_at = now() WHERE code = %s", WALLET)
    for again in ("NULL", "now() + interval '1 s'"):
        statement = f"UPDATE ledger_account SET closed_at = {again} WHERE code = %s"
        assert sqlstate(statement, WALLET) == "FC002"


# What posting needs. PostgreSQL has this role itself, and its members may become it.
ROLE = "pg_database_owner"
RIGHTS = (
    "USAGE ON SCHEMA {schema}",
    "SELECT ON ALL TABLES IN SCHEMA {schema}",
    "INSERT ON ledger_account, ledger_transaction, ledger_posting",
    "UPDATE (name, metadata, closed_at) ON ledger_account",
)


@pytest.fixture
def owns_nothing(posted, book):
    """Work as a role that has the rights of posting, and owns neither table nor function."""
    for rights in RIGHTS:
        run(f"GRANT {rights.format(schema=book.schema_name)} TO {ROLE}")
    run(f"SET LOCAL ROLE {ROLE}")


def test_who_owns_nothing_posts_and_closes(owns_nothing):
    wallets = [chart.wallet("wal_2"), chart.wallet("wal_3")]
    services.post_many(
        [
            Draft(
                postings=(Posting(debit=BANK, credit=wallet, money=Money(7, "usd")),),
                reference=wallet,
            )
            for wallet in wallets
        ]
    )
    services.close_account(LedgerAccount.objects.get(code=wallets[0]).pk, now=clock.now())
    assert queries.balances_by_code(wallets, currency="usd") == dict.fromkeys(wallets, 7)
    assert queries.check_drift() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_balance SET credits_minor = 1",
        # A statement of a trigger, of whatever table, is at the depth of the projection.
        "INSERT INTO bait SELECT * FROM ledger_posting",
        # The projection itself, on a table of forged postings; and what opens and closes accounts.
        "CREATE TRIGGER forge AFTER INSERT ON bait EXECUTE FUNCTION ledger_project_{kind}()",
        "CREATE TRIGGER forge AFTER INSERT ON bait EXECUTE FUNCTION ledger_account_changed()",
    ],
)
def test_who_owns_nothing_does_not_reach_a_balance_by_a_trigger_of_its_own(
    owns_nothing, projection, statement
):
    run("CREATE TEMP TABLE bait (LIKE ledger_posting)")
    run(
        """CREATE FUNCTION pg_temp.cook() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN UPDATE ledger_balance SET credits_minor = 1; RETURN NULL; END $$"""
    )
    run("CREATE TRIGGER cook AFTER INSERT ON bait EXECUTE FUNCTION pg_temp.cook()")
    assert sqlstate(statement.format(kind=projection)) == INSUFFICIENT_PRIVILEGE
    assert queries.check_drift() == []


@pytest.mark.parametrize("amount_minor", [0, -1, 10**15 + 1])
def test_an_amount_is_more_than_nothing(posted, amount_minor):
    with pytest.raises(InvalidPosting):
        add_posting(posted, amount_minor=amount_minor)


def test_money_does_not_go_from_an_account_to_itself(posted):
    with pytest.raises(InvalidPosting):
        add_posting(posted, credit_id=LedgerAccount.objects.get(code=BANK).pk)


@pytest.mark.parametrize("column", ["debit_id", "credit_id"])
def test_an_account_must_be_there(posted, column):
    with pytest.raises(InvalidPosting):
        add_posting(posted, **{column: "lacct_nothing"})


def test_a_transaction_must_be_there(posted):
    with pytest.raises(InvalidPosting):
        add_posting(posted, transaction_id="ltx_nothing")


def test_a_posting_counts_when_its_transaction_does(posted):
    with pytest.raises(InvalidPosting):
        add_posting(posted, effective_at="2020-01-01T00:00:00Z")


def test_nothing_is_released_that_is_not_pending(posted):
    """A release that matches no pending posting would give back what nobody had reserved."""
    with pytest.raises(InvalidPosting):
        add_posting(posted, layer="released")


def test_a_floor_and_stripes_do_not_go_together(book):
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerAccount.objects.create(
            id="lacct_1",
            account_id=book.account_id,
            created_at="2030-01-01T00:00:00Z",
            code="till",
            currency="usd",
            kind="asset",
            floor_minor=0,
            stripes=2,
        )


@pytest.mark.parametrize(("kind", "grows_by"), [("asset", "debit"), ("liability", "credit")])
def test_a_floor_is_in_the_direction_of_the_account(book, kind, grows_by):
    LedgerAccount.objects.create(
        id="lacct_1",
        account_id=book.account_id,
        created_at="2030-01-01T00:00:00Z",
        code="till",
        currency="usd",
        kind=kind,
        floor_minor=-10,
        stripes=1,
    )
    more = Posting(debit="till", credit=FEES, money=Money(1_000, "usd"))
    less = Posting(debit=FEES, credit="till", money=Money(1_010, "usd"))
    if grows_by == "credit":
        more, less = more.reversed(), less.reversed()
    services.post([more], reference="more")
    services.post([less], reference="less")
    assert queries.balances_by_code(["till"], currency="usd") == {"till": -10}
    with pytest.raises(DatabaseError), transaction.atomic():
        run(
            "INSERT INTO ledger_posting (transaction_id, position, debit_id, credit_id,"
            " amount_minor, currency, layer, effective_at)"
            " SELECT transaction_id, 1, debit_id, credit_id, 1, currency, layer, effective_at"
            " FROM ledger_posting ORDER BY id DESC LIMIT 1"
        )


def test_a_posting_may_be_added_while_its_transaction_is_open(posted):
    """Also after a savepoint, in which PostgreSQL writes rows under another transaction id."""
    with transaction.atomic():
        add_posting(posted, position=1)
        inner = services.post(
            [Posting(debit=BANK, credit=WALLET, money=Money(5, "usd"))], reference="inner"
        )
        with transaction.atomic():
            add_posting(inner.transaction_id, position=1)
    add_posting(inner.transaction_id, position=2)
    assert queries.balances_by_code([WALLET], currency="usd") == {WALLET: 100 + 1 + 5 + 1 + 1}
    assert queries.check_drift() == []


def commit_one_more():
    with transaction.atomic():
        services.post(
            [Posting(debit=BANK, credit=WALLET, money=Money(1, "usd"))], reference="meanwhile"
        )


def test_nothing_is_added_to_a_transaction_that_was_committed(committed_book):
    with transaction.atomic():
        services.post(
            [Posting(debit=BANK, credit=WALLET, money=Money(100, "usd"))], reference="older"
        )
    with transaction.atomic(), transaction.atomic():
        # Written inside a savepoint: under an id of its own, later than the transaction's.
        services.post(
            [Posting(debit=BANK, credit=WALLET, money=Money(100, "usd"))], reference="newer"
        )
    for reference in ("older", "newer"):
        sealed = LedgerTransaction.objects.get(reference=reference).pk
        with pytest.raises(InvalidPosting):
            add_posting(sealed)
        with transaction.atomic():
            # Whoever asks has a transaction id already.
            services.post(
                [Posting(debit=BANK, credit=WALLET, money=Money(1, "usd"))],
                reference=f"after {reference}",
            )
            with pytest.raises(InvalidPosting):
                add_posting(sealed)
    with transaction.atomic():
        # Whoever asks has an older transaction id than the one that was committed meanwhile.
        run("SELECT pg_current_xact_id()")
        at_once(commit_one_more)
        with pytest.raises(InvalidPosting):
            add_posting(LedgerTransaction.objects.get(reference="meanwhile").pk)
    assert queries.balances_by_code([WALLET], currency="usd") == {WALLET: 203}
    assert queries.check_drift() == []
