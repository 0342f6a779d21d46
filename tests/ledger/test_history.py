"""Balances day by day: those of `balance_at` at the end of each day."""

from datetime import UTC, datetime, time, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import quote_schema_name

from apps.core import clock
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Posting, chart
from apps.ledger.models import LedgerAccount, LedgerSnapshot

BANK, WALLET = chart.bank_settlement(), chart.wallet("wal_1")
TODAY = clock.now().date()


def pay_in(minor, *, days_ago, pending=False):
    at = datetime.combine(TODAY - timedelta(days=days_ago), time(23, 59, 59, 999_000), tzinfo=UTC)
    services.post(
        [Posting(debit=BANK, credit=WALLET, money=Money(minor, "usd"))],
        reference=f"{minor} {days_ago} days ago",
        effective_at=at,
        pending=pending,
    )


def accounts():
    return list(LedgerAccount.objects.order_by("code"))


def test_each_day_has_the_balance_at_its_end(environment):
    # Recorded out of order, before the first day, and after the last one.
    for minor, days_ago in ((7, 3), (100, 40), (20, 29), (1_000, -2), (3, 3)):
        pay_in(minor, days_ago=days_ago)
    pay_in(50_000, days_ago=5, pending=True)

    history = queries.daily_balances(accounts(), last=TODAY, count=30)

    for account in accounts():
        days = history[account.pk]
        assert [day for day, _ in days] == [
            TODAY - timedelta(days=ago) for ago in range(29, -1, -1)
        ]
        for day, money in days:
            end = datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
            assert money.minor == queries.balance_at(account, at=end).posted_minor
    assert [days[0][1].minor for days in history.values()] == [120, 120]
    assert [days[-1][1].minor for days in history.values()] == [130, 130]


def test_snapshots_in_between_change_nothing(environment):
    for minor in range(1, 31):
        pay_in(minor, days_ago=minor)
    before = queries.daily_balances(accounts(), last=TODAY, count=40)
    with connection.cursor() as cursor:
        # As sealing makes them, but one for each few entries.
        schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
        cursor.execute(f"SELECT max(id) FROM {schema}.ledger_posting")
        (newest,) = cursor.fetchone()
        cursor.execute(f"SELECT {schema}.ledger_keep_snapshots(0, %s, 4)", [newest])
        cursor.execute(f"UPDATE {schema}.ledger_state SET sealed_until = %s", [newest])
    assert LedgerSnapshot.objects.count() > 4
    pay_in(1_000, days_ago=9)  # not sealed, and before the cut-off of some

    after = queries.daily_balances(accounts(), last=TODAY, count=40)

    for account in accounts():
        for (day, was), (_, now) in zip(before[account.pk], after[account.pk], strict=True):
            is_later = day >= TODAY - timedelta(days=9)
            assert (now - was).minor == (1_000 if is_later else 0)


def test_it_is_one_statement_however_many_days(environment):
    pay_in(5, days_ago=1)
    found = accounts()
    with CaptureQueriesContext(connection) as captured:
        history = queries.daily_balances(found, last=TODAY, count=90)
    assert len(captured) == 1
    assert {len(days) for days in history.values()} == {90}


def test_an_account_without_entries_has_nothing_on_every_day(environment):
    pay_in(5, days_ago=0)
    LedgerAccount.objects.create(
        id="lacct_empty",
        account_id="acct_1",
        created_at=clock.now(),
        code="empty",
        currency="jpy",
        kind="asset",
        stripes=1,
    )
    history = queries.daily_balances(accounts(), last=TODAY, count=3)
    assert {money for _, money in history["lacct_empty"]} == {Money(0, "jpy")}
