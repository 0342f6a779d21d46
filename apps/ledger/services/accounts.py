"""Opening, naming and closing accounts."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from apps.api.params import merge_metadata
from apps.core import context
from apps.core.errors import not_found
from apps.core.ids import new_id
from apps.core.use_cases import use_case
from apps.ledger import posting_call, queries
from apps.ledger.domain import chart
from apps.ledger.domain.refusals import AccountHasPending, AccountReserved
from apps.ledger.models import LedgerAccount, LedgerBalance


@use_case
def open_account(*, given: dict[str, Any], now: datetime) -> LedgerAccount:
    """Open an account for the current account.

    :param given: fields by name, as `apps.ledger.api.accounts.CREATE` parses them.
    :raises AccountReserved: the code is one of the chart: FinCloud opens those itself.
    :raises AccountExists: the code and the currency are taken; of two calls at once, one gets this.
    """
    code, floor_minor = given["code"], given.get("floor")
    if chart.is_reserved(code):
        raise AccountReserved(
            f"FinCloud itself opens the accounts whose code begins with "
            f"{code.partition(':')[0]!r} and a colon.",
            param="code",
        )
    account = LedgerAccount(
        id=new_id("lacct"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        code=code,
        currency=given["currency"],
        kind=given["kind"],
        name=given.get("name") or "",
        floor_minor=floor_minor,
        # Only one row can guard a floor.
        stripes=chart.STRIPES if floor_minor is None else 1,
    )
    with posting_call.refusals():
        account.save(force_insert=True)
    return queries.get_account(account.id)


@use_case
def update_account(*, account_id: str, given: dict[str, Any]) -> LedgerAccount:
    """Change the name and the metadata, as far as they are given; all else stays as it is.

    :raises NotFound: there is no such account.
    """
    account = queries.get_account(account_id, for_update=True)
    if "name" in given:
        account.name = given["name"] or ""
    if "metadata" in given:
        account.metadata = merge_metadata(account.metadata, given["metadata"])
    account.save(update_fields=["name", "metadata"])
    return account


@use_case
def close_own_account(*, account_id: str, now: datetime) -> LedgerAccount:
    """Close an account for whoever opened it; one that is closed stays as it is.

    :raises NotFound: there is no such account.
    :raises AccountReserved: it is one of FinCloud's own.
    :raises AccountHasPending: see `close_account`.
    """
    account = queries.get_account(account_id)
    if chart.is_reserved(account.code):
        raise AccountReserved(
            f"{account.code} is one of FinCloud's own accounts: it stays open.", param="id"
        )
    close_account(account_id, now=now)
    return queries.get_account(account_id)


def close_account(account_id: str, *, now: datetime) -> None:
    """Close an account for good: no posting is accepted after it, or at the same moment.

    :param account_id: the ledger account's (`lacct_…`). One that is closed stays as it is.
    :raises NotFound: there is no such account.
    :raises AccountHasPending: something is reserved on it. It could never be released.
    """
    accounts = LedgerAccount.objects.filter(pk=account_id)
    with transaction.atomic():
        # The row decides between two who close it at once; the second finds nothing to change.
        if not accounts.filter(closed_at=None).update(closed_at=now):
            if not accounts.exists():
                raise not_found("ledger account", account_id)
            return
        # The trigger has locked all balance rows: what they say now is the last word.
        if _has_pending(account_id):
            raise AccountHasPending(
                "Something is reserved on the account: post or void it first.", param="id"
            )


def _has_pending(account_id: str) -> bool:
    sums = LedgerBalance.objects.filter(account=account_id).aggregate(
        debits=Sum("pending_debits_minor"), credits=Sum("pending_credits_minor")
    )
    return any(sums.values())
