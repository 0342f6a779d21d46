"""A book with a bit of everything, what the owner of the tables can do to it, and a whole round."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from apps.core.money import Money
from apps.ledger import services
from apps.ledger.domain import Posting, chart, findings
from apps.ledger.domain.findings import Finding
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerSeal, LedgerTransaction
from apps.ledger.services import checking, sealing

BANK, FEES, WALLET = chart.bank_settlement(), chart.platform_fees(), chart.wallet("wal_1")
NOW = datetime(2030, 1, 31, 12, 30, tzinfo=UTC)
TABLES = ("account", "balance", "posting", "seal", "snapshot", "state", "transaction")


def post(*, reference, minor=5, debit=BANK, credit=WALLET, **details) -> str:
    """Post one amount in a transaction of its own; return the id of the ledger's."""
    posting = Posting(debit=debit, credit=credit, money=Money(minor, "usd"))
    with transaction.atomic():
        return services.post([posting], reference=reference, **details).transaction_id


def give_up() -> None:
    """Draw the id of a posting that is never committed."""
    with transaction.atomic():
        post(reference="given up")
        transaction.set_rollback(True)


def seal_all() -> None:
    """Seal until nothing is left."""
    while services.seal_step(now=NOW) is not None:
        pass


def use_small_seals(patch: pytest.MonkeyPatch) -> None:
    """Let a few postings need many seals and snapshots."""
    patch.setattr(sealing, "POSTINGS_MAX", 3)
    patch.setattr(sealing, "ENTRIES_PER_INTERVAL", 3)


def use_small_steps(patch: pytest.MonkeyPatch) -> None:
    """Let a small book need many steps."""
    patch.setattr(checking, "POSTINGS_PER_STEP", 4)
    patch.setattr(checking, "SEALS_PER_STEP", 2)
    patch.setattr(checking, "TRANSACTIONS_PER_STEP", 3)
    patch.setattr(checking, "INTERVALS_PER_STEP", 3)


def fill() -> None:
    """Post a bit of everything, and seal most of it."""
    for number in range(8):
        if number == 3:
            give_up()
        post(reference=f"in {number}", minor=100 + number, metadata={"order": f"{number}"})
    hold = post(reference="hold", debit=WALLET, credit=FEES, pending=True)
    spend = Posting(debit=WALLET, credit=FEES, money=Money(3, "usd"))
    with transaction.atomic():
        services.post([spend], reference="take", resolves=hold)
    back = post(reference="back", minor=7, effective_at=NOW - timedelta(days=3_000))
    undo = Posting(debit=WALLET, credit=BANK, money=Money(7, "usd"))
    with transaction.atomic():
        services.post([undo], reference="undo", reverses=back)
    post(reference="closed", minor=1, debit=chart.platform_losses(), credit=FEES)
    losses = LedgerAccount.objects.get(code=chart.platform_losses())
    with transaction.atomic():
        services.close_account(losses.pk, now=NOW)
    seal_all()
    post(reference="open hold", debit=WALLET, credit=FEES, pending=True, minor=2)
    post(reference="last", minor=11)


def tamper(statement: str, *parameters: str | int) -> None:
    """Do as the owner of the tables can: with the triggers off."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0
        for table in TABLES:
            cursor.execute(f"ALTER TABLE ledger_{table} ENABLE TRIGGER USER")


def spoil() -> None:
    """Count an entry more of the wallet than there are."""
    tamper(
        "UPDATE ledger_balance SET entry_count = entry_count + 1 WHERE account_id = %s",
        LedgerAccount.objects.get(code=WALLET).pk,
    )


def repair() -> None:
    """Put right what `spoil` did."""
    tamper(
        "UPDATE ledger_balance SET entry_count = entry_count - 1 WHERE account_id = %s",
        LedgerAccount.objects.get(code=WALLET).pk,
    )


def run_round() -> list[Finding]:
    """Take a whole round by its steps; return what was found."""
    services.begin_round(now=NOW)
    for _ in range(200):
        row = services.verify_step(now=NOW)
        assert row is not None
        if "at" not in row.cursor:
            return [findings.from_json(one) for one in row.findings]
    pytest.fail("The round does not end.")


def id_of(reference: str) -> str:
    """Return the id of the transaction with this reference."""
    return LedgerTransaction.objects.get(reference=reference).pk


def seal_of(reference: str) -> int:
    """Return the number of the seal that a transaction's first posting is in."""
    posting = LedgerPosting.objects.filter(transaction__reference=reference).earliest("id")
    return LedgerSeal.objects.filter(last_posting__gte=posting.id).earliest("number").number


def posting_id(reference: str) -> int:
    """Return the number of a transaction's first posting."""
    return LedgerPosting.objects.filter(transaction__reference=reference).earliest("id").id
