"""Posting of balance transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.balances import domain
from apps.balances.models import Release
from apps.balances.services.releases import release_job
from apps.core import context, jobs
from apps.core.money import Money
from apps.ledger import services as ledger
from apps.ledger.domain import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransaction:
    """A balance transaction of the current account that is to be posted.

    Money that is available already (`available_on` is not after the time of posting) is posted to
    what is available, or taken from it, and needs no release.

    :ivar kind: of `domain.Kind`.
    :ivar source: the id of what caused it: the charge, the refund, the dispute, the payout.
    :ivar money: what came to the account, or, less than 0, what left it.
    :ivar fee: what the platform keeps, in the same currency; less than 0: what it gives back.
    :ivar reference: the same one again returns the first balance transaction.
    :ivar against: see `domain.postings`.
    :ivar reporting_category: of an adjustment: `dispute`, `dispute_reversal`.
    """

    kind: str
    source: str
    money: Money
    fee: Money
    processor: str
    reference: str
    description: str | None
    available_on: datetime
    against: str = ""
    reporting_category: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """A balance transaction that was posted.

    :ivar release: the job that will make its money available; the caller has it scheduled.
    """

    id: str
    release: jobs.Due


def post_balance_transaction(
    *,
    kind: str,
    source: str,
    money: Money,
    fee: Money,
    processor: str,
    reference: str,
    description: str | None,
    now: datetime,
    available_on: datetime,
    against: str = "",
    reporting_category: str = "",
) -> Posted:
    """Post one balance transaction, in the caller's transaction. See `NewTransaction`.

    :raises Conflict: the reference was used for something else.
    """
    wanted = NewTransaction(
        kind=kind,
        source=source,
        money=money,
        fee=fee,
        processor=processor,
        reference=reference,
        description=description,
        available_on=available_on,
        against=against,
        reporting_category=reporting_category,
    )
    return post_balance_transactions([wanted], now=now)[0]


def post_balance_transactions(
    wanted: Sequence[NewTransaction], *, now: datetime, after: Sequence[Draft] = ()
) -> list[Posted]:
    """Post some balance transactions in the caller's transaction, with one call of the ledger.

    :param after: ledger transactions that are no balance transactions, and that come first: money
        that a customer sent, and that `wanted` takes.
    :raises DomainError: as `ledger.post_many`; none was posted then.
    """
    drafts = [_draft(one, now=now) for one in wanted]
    posted = ledger.post_many([*after, *drafts])[len(after) :]
    pairs = list(zip(wanted, posted, strict=True))
    new = [_release(one, posted=row, now=now) for one, row in pairs if row.is_new]
    Release.objects.bulk_create(new)
    return [
        Posted(
            id=domain.balance_transaction_id(row.transaction_id),
            release=release_job(domain.next_minute(one.available_on)),
        )
        for one, row in pairs
    ]


def _draft(wanted: NewTransaction, *, now: datetime) -> Draft:
    details = {
        "type": wanted.kind,
        "available_on": wanted.available_on.isoformat(),
        "description": wanted.description,
    }
    if wanted.reporting_category:
        details["reporting_category"] = wanted.reporting_category
    return Draft(
        postings=domain.postings(
            domain.Kind(wanted.kind),
            account_id=context.current().account_id,
            money=wanted.money,
            fee=wanted.fee,
            processor=wanted.processor,
            is_available=wanted.available_on <= now,
            against=wanted.against,
        ),
        reference=wanted.reference,
        source_id=wanted.source,
        details=details,
    )


def _release(wanted: NewTransaction, *, posted: ledger.Posted, now: datetime) -> Release:
    is_available = wanted.available_on <= now
    return Release(
        id=domain.balance_transaction_id(posted.transaction_id),
        account_id=context.current().account_id,
        created_at=now,
        kind=wanted.kind,
        currency=wanted.money.currency,
        net_minor=(wanted.money - wanted.fee).minor,
        due_at=wanted.available_on,
        released_at=now if is_available else None,
        released_by=posted.transaction_id if is_available else None,
    )
