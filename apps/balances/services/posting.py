"""Posting of balance transactions."""

from dataclasses import dataclass
from datetime import datetime

from apps.balances import domain
from apps.balances.models import Release
from apps.balances.services.releases import release_job
from apps.core import context, jobs
from apps.core.money import Money
from apps.ledger import services as ledger


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
) -> Posted:
    """Post a charge or a refund of the current account, in the caller's transaction.

    Money that is available already (`available_on` is not after `now`) is posted to what is
    available, or taken from it, and needs no release. The same `reference` again returns the
    first balance transaction.

    :param kind: of `domain.Kind`.
    :param source: the id of the charge or the refund.
    :param money: what was captured, or, less than 0, what was given back.
    :param fee: what the platform keeps of it, 0 or more, in the same currency.
    :raises Conflict: the reference was used for something else.
    """
    account_id = context.current().account_id
    is_available = available_on <= now
    posted = ledger.post(
        domain.postings(
            domain.Kind(kind),
            account_id=account_id,
            money=money,
            fee=fee,
            processor=processor,
            is_available=is_available,
        ),
        reference=reference,
        source_id=source,
        details={
            "type": kind,
            "available_on": available_on.isoformat(),
            "description": description,
        },
    )
    transaction_id = domain.balance_transaction_id(posted.transaction_id)
    if posted.is_new:
        Release.objects.create(
            id=transaction_id,
            account_id=account_id,
            created_at=now,
            kind=kind,
            currency=money.currency,
            net_minor=(money - fee).minor,
            due_at=available_on,
            released_at=now if is_available else None,
            released_by=posted.transaction_id if is_available else None,
        )
    return Posted(id=transaction_id, release=release_job(domain.next_minute(available_on)))
