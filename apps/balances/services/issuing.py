"""The making of payouts: the money is set aside, and a job is written that hands it to the bank."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from apps.accounts import domain as account_domain
from apps.accounts import queries as accounts
from apps.api.params import merge_metadata
from apps.balances import domain, processors, queries
from apps.balances.domain import PayoutStatus
from apps.balances.models import Payout
from apps.balances.services.posting import post_balance_transaction
from apps.core import context, ids, jobs
from apps.core.errors import Invalid
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.ledger.domain import chart

PAY = "balances.pay"


class InsufficientBalance(Invalid):
    """There is not as much as is to be paid out."""

    code = "balance_insufficient"


class NoDestination(Invalid):
    """There is no bank account that the money could go to."""

    code = "bank_account_unusable"


@use_case
def create_payout(*, given: dict[str, Any], now: datetime) -> Payout:
    """Pay out a part of what is available, to the default bank account unless one is named.

    :param given: parameters by name, as `apps.balances.api.views.payouts` takes them.
    :raises InsufficientBalance: less is available.
    :raises NoDestination: there is no bank account for the currency, or it cannot be paid.
    :raises Invalid: the destination names nothing, or has another currency.
    :raises NoBank: the environment is live.
    """
    money = Money(given["amount"], given["currency"])
    destination = _destination(given.get("destination"), currency=money.currency)
    if given.get("source_type") == "fpx":
        raise InsufficientBalance("Nothing was paid by FPX.", param="source_type")
    lock_payouts(money.currency)
    available = queries.available(money.currency)
    if available < money:
        raise InsufficientBalance(
            f"Only {available.minor} {money.currency} can be paid out.", param="amount"
        )
    account = accounts.get_account(context.current().account_id)
    payout = new_payout(
        money,
        destination_id=destination.pk,
        token=destination.token,
        method=given.get("method", "standard"),
        source_type=given.get("source_type", "card"),
        description=given.get("description"),
        statement_descriptor=given.get("statement_descriptor") or account.payout_descriptor or None,
        metadata=merge_metadata({}, given.get("metadata", {})),
        now=now,
    )
    issue(payout, now=now)
    return payout


def lock_payouts(currency: str) -> None:
    """Let nobody else make a payout of the current account until this transaction has ended.

    What is available is read after this and taken before the end, so that no two payouts take the
    same money. A refund or a dispute may still take it below zero in between: they are owed.
    """
    key = f"payouts:{context.current().account_id}:{currency}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def new_payout(money: Money, *, method: str, now: datetime, **columns: Any) -> Payout:
    """Return a payout that is not written yet.

    :param method: `standard` or `instant`: decides when it arrives.
    :param columns: the other columns.
    """
    here = context.current()
    bank = processors.current(livemode=here.environment.livemode)
    return Payout(
        id=ids.new_id("po"),
        account_id=here.account_id,
        created_at=now,
        amount_minor=money.minor,
        currency=money.currency,
        status=PayoutStatus.PENDING.value,
        method=method,
        arrival_at=domain.arrival_of(method, now=now),
        processor=bank.name,
        **{"automatic": False, **columns},
    )


def issue(payout: Payout, *, now: datetime, more: tuple[str, ...] = ()) -> None:
    """Set the money of a payout aside, write it, and tell of it, in the caller's transaction.

    :param more: further events to tell.
    """
    posted = post_balance_transaction(
        kind=domain.Kind.PAYOUT.value,
        source=payout.id,
        money=-payout.money,
        fee=Money(0, payout.currency),
        processor="",
        reference=f"payout:{payout.id}",
        description=payout.description,
        now=now,
        available_on=now,
        against=chart.account_in_transit(payout.account_id),
    )
    payout.balance_transaction_id = posted.id
    write(payout, now=now, changes=[events.Change(name, payout) for name in more])


def write(payout: Payout, *, now: datetime, changes: list[events.Change]) -> None:
    """Write a new payout, the job that hands it to the bank, and what is told of it."""
    payout.save(force_insert=True)
    grace_s = 0 if payout.method == "instant" else settings.PAYOUT_GRACE_S
    events.record(
        [events.Change("payout.created", payout), *changes],
        schedule=[pay_job(payout, due_at=now + timedelta(seconds=grace_s))],
    )


def give_back(
    payout: Payout, *, kind: domain.Kind, reference: str, against: str, now: datetime
) -> str:
    """Make the money of a payout available again, in the caller's transaction.

    :param against: the ledger account that it comes from.
    :returns: the id of the balance transaction.
    """
    posted = post_balance_transaction(
        kind=kind.value,
        source=payout.id,
        money=Money(abs(payout.amount_minor), payout.currency),
        fee=Money(0, payout.currency),
        processor="",
        reference=reference,
        description=payout.description,
        now=now,
        available_on=now,
        against=against,
    )
    return posted.id


def pay_job(payout: Payout, *, due_at: datetime) -> jobs.Due:
    """Return the job that goes on with a payout."""
    return jobs.Due(
        key=f"payout:{payout.id}", task=PAY, due_at=due_at, kwargs={"payout_id": payout.id}
    )


def _destination(destination_id: str | None, *, currency: str) -> Any:
    """Return the bank account that is named, or the default for the currency."""
    if destination_id is None:
        found = accounts.default_external_account(currency)
        if found is None:
            raise NoDestination(
                f"There is no bank account for payouts in {currency}: add one to the account.",
                param="currency",
            )
        param = "currency"
    else:
        found = accounts.list_external_accounts().filter(pk=destination_id).first()
        param = "destination"
        if found is None:
            raise Invalid(
                f"No such external account: '{destination_id[:64]}'",
                code="resource_missing",
                param=param,
            )
        if found.currency != currency:
            raise NoDestination(f"{found.pk} is paid in {found.currency}.", param=param)
    if found.status == account_domain.ERRORED:
        raise NoDestination(
            f"A payout to {found.pk} came back: correct its holder, or add another bank account.",
            param=param,
        )
    return found
