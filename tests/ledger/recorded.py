"""Entries that were recorded and are effective whenever a test likes, and what they add up to.

`services.post` records at the present time. Here the rows are written as it would have written them
then; the triggers check them all the same.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps.core import clock, context
from apps.core.ids import new_id
from apps.ledger.domain import Balance, chart
from apps.ledger.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    LedgerSnapshot,
    LedgerState,
    LedgerTransaction,
)


def open_account(
    code: str, kind: str = "asset", currency: str = "usd", *, floor: int | None = None
) -> LedgerAccount:
    """Open an account of the current account."""
    return LedgerAccount.objects.create(
        id=new_id("lacct"),
        account_id=context.current().account_id,
        created_at=clock.now(),
        code=code,
        currency=currency,
        kind=kind,
        floor_minor=floor,
        stripes=chart.STRIPES if floor is None else 1,
    )


@transaction.atomic
def record(
    debit: LedgerAccount,
    credit: LedgerAccount,
    minor: int,
    *,
    effective_at: datetime,
    created_at: datetime | None = None,
    layer: str = "posted",
    resolves: LedgerTransaction | None = None,
    reference: str | None = None,
) -> LedgerTransaction:
    """Record one posting, effective and recorded at any time (the same, unless given)."""
    created_at = created_at or effective_at
    transaction_id = new_id("ltx")
    made = LedgerTransaction.objects.create(
        id=transaction_id,
        account_id=context.current().account_id,
        created_at=created_at,
        reference=reference or f"test:{transaction_id}",
        fingerprint=b"",
        effective_at=effective_at,
        resolves=resolves,
    )
    LedgerPosting.objects.create(
        transaction=made,
        position=0,
        debit=debit,
        credit=credit,
        amount_minor=minor,
        currency=debit.currency,
        layer=layer,
        effective_at=effective_at,
        is_shifted=created_at != effective_at,
    )
    return made


@transaction.atomic
def record_many(
    debit: LedgerAccount,
    credit: LedgerAccount,
    minor: int,
    *,
    effective_at: datetime,
    count: int,
) -> None:
    """Record `count` postings alike, as one transaction."""
    transaction_id = new_id("ltx")
    made = LedgerTransaction.objects.create(
        id=transaction_id,
        account_id=context.current().account_id,
        created_at=effective_at,
        reference=f"test:{transaction_id}",
        fingerprint=b"",
        effective_at=effective_at,
    )
    LedgerPosting.objects.bulk_create(
        LedgerPosting(
            transaction=made,
            position=position,
            debit=debit,
            credit=credit,
            amount_minor=minor,
            currency=debit.currency,
            layer="posted",
            effective_at=effective_at,
        )
        for position in range(count)
    )


def seal(*, until: int) -> None:
    """Say that all postings up to the one with this id are sealed."""
    LedgerState.objects.update(sealed_until=until)


def take_snapshot(account: LedgerAccount, *, cut_off_at: datetime) -> None:
    """Keep the sums of what is sealed and effective before `cut_off_at`."""
    until = LedgerState.objects.get().sealed_until
    sealed = LedgerEntry.objects.filter(posting_id__lte=until, effective_at__lt=cut_off_at)
    entries = list(sealed.filter(account=account))
    LedgerSnapshot.objects.create(
        account=account,
        cut_off_at=cut_off_at,
        entry_count=len(entries),
        **tally(entries),
    )


def tally(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """Return the four sums of the entries, added up here."""
    sums = dict.fromkeys(
        ("debits_minor", "credits_minor", "pending_debits_minor", "pending_credits_minor"), 0
    )
    for entry in entries:
        kind = "" if entry.layer == "posted" else "pending_"
        sign = 1 if entry.side == "debit" else -1
        sums[f"{kind}{entry.side}s_minor"] += sign * entry.amount_minor
    return sums


def sums_of(balance: Balance) -> dict[str, int]:
    """Return the four sums of a balance, as `tally` does."""
    return {name: getattr(balance, name) for name in tally(())}
