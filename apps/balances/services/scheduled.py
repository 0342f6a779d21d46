"""Payouts on a schedule: all that is available, on the days that the account has chosen."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction

from apps.accounts import domain as account_domain
from apps.accounts import queries as accounts
from apps.balances import domain, queries
from apps.balances.models import Payout
from apps.balances.services.issuing import issue, lock_payouts, new_payout
from apps.core import context, jobs
from apps.core.money import MAX_MINOR, Money

SCHEDULED = "balances.pay_out_scheduled"
ONE_DAY = timedelta(days=1)
# One statement, since the sum must be that of the rows which it has marked.
_MARK = """
    WITH taken AS (
        UPDATE balances_release SET payout_id = %s
        WHERE account_id = %s AND currency = %s AND payout_id IS NULL AND released_at IS NOT NULL
        RETURNING net_minor
    )
    SELECT coalesce(sum(net_minor), 0) FROM taken
"""


def pay_out_scheduled(*, day: date, now: datetime) -> None:
    """Do the job of `day`: pay out what is available, if it is a day of the schedule.

    A job that is late does the days that it missed one after the other; what the first of them
    leaves, the next ones pay.
    """
    account = accounts.get_account(context.current().account_id)
    if account.payout_interval == "manual":
        return
    is_due = domain.is_payout_day(
        day,
        interval=account.payout_interval,
        weekdays=account.payout_weekdays,
        month_days=account.payout_days,
    )
    if is_due:
        for currency, destination in sorted(accounts.default_external_accounts().items()):
            if destination.status != account_domain.ERRORED:
                _pay_out(
                    currency,
                    day=day,
                    leave_minor=account.minimum_balances.get(currency, 0),
                    destination_id=destination.pk,
                    token=destination.token,
                    descriptor=account.payout_descriptor or None,
                    now=now,
                )
    jobs.schedule(schedule_job(day + ONE_DAY))


def schedule_job(day: date) -> jobs.Due:
    """Return the job that makes the payouts of `day` of the current account, at its beginning."""
    return jobs.Due(
        key=schedule_key(),
        task=SCHEDULED,
        due_at=datetime.combine(day, time.min, tzinfo=UTC),
        kwargs={"day": day.isoformat()},
    )


def schedule_key() -> str:
    """Return the key of the one job that an account with a schedule has."""
    return f"payouts:{context.current().account_id}"


@transaction.atomic(durable=True)
def _pay_out(
    currency: str,
    *,
    day: date,
    leave_minor: int,
    destination_id: str,
    token: str,
    descriptor: str | None,
    now: datetime,
) -> None:
    """Pay out what is available in a currency, once on a day.

    Unless something is left behind, the payout is exactly the sum of the balance transactions that
    no earlier one has paid out, and they are marked as its own.
    """
    lock_payouts(currency)
    available_minor = queries.available(currency).minor
    minor = min(available_minor - leave_minor, MAX_MINOR)
    if minor <= 0 or queries.is_paid_out_on(day, currency=currency):
        return
    payout = new_payout(
        Money(minor, currency),
        method="standard",
        destination_id=destination_id,
        token=token,
        source_type="card",
        automatic=True,
        scheduled_on=day,
        is_reconciled=minor == available_minor,
        statement_descriptor=descriptor,
        now=now,
    )
    if not payout.is_reconciled:
        issue(payout, now=now)
        return
    # Money may become available at this moment: what is marked here is what is paid.
    payout.amount_minor = _mark_paid_out(payout)
    if not 0 < payout.amount_minor <= MAX_MINOR:
        transaction.set_rollback(True)
        return
    issue(payout, now=now, more=("payout.reconciliation_completed",))
    queries.list_to_pay_out(currency).filter(pk=payout.balance_transaction_id).update(
        payout_id=payout.id
    )


def _mark_paid_out(payout: Payout) -> int:
    """Let what no payout has paid out name this one; return what it comes to, in minor units."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [payout.id, payout.account_id, payout.currency])
        (taken,) = cursor.fetchone()
    return int(taken)
