"""Accounts with a long history: what reading a balance costs, of now and of long ago."""

import random
import time
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django_tenants.utils import quote_schema_name

from apps.core import clock
from apps.core.ids import new_id
from apps.ledger import queries, services
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerState
from apps.ledger.services import sealing

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=20)
CHUNK = 50_000
READS = 2_000
SEALS = 10


def open_account(code: str) -> LedgerAccount:
    """Open an account for a history."""
    given = {"code": code, "kind": "asset", "currency": "usd"}
    return services.open_account(given=given, now=clock.now())


def load(account: LedgerAccount, other: LedgerAccount, *, entries: int) -> None:
    """Give `account` a history: a posting every 20 seconds since 2020, in large statements.

    The tables' triggers check and add up each of them, as they do what `ledger_post` writes.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    for first in range(0, entries, CHUNK):
        parameters: dict[str, Any] = {
            "first": first,
            "last": min(first + CHUNK, entries) - 1,
            "prefix": new_id("ltx"),
            "owner": account.account_id,
            "debit": account.pk,
            "credit": other.pk,
            "beginning": BEGINNING,
            "apart": APART,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TRANSACTIONS.replace("@schema@", schema), parameters)
            cursor.execute(_POSTINGS.replace("@schema@", schema), parameters)


def seal_some() -> float:
    """Make the first seals; return how many postings a second were sealed."""
    started, postings = time.perf_counter(), 0
    for _ in range(SEALS):
        if seal := services.seal_step(now=clock.now()):
            postings += seal.posting_count
    return postings / (time.perf_counter() - started)


def keep_snapshots() -> None:
    """Do for all other postings what sealing does for the snapshots, without the hashing."""
    newest = LedgerPosting.objects.aggregate(newest=Max("id"))["newest"]
    while True:
        with transaction.atomic():
            state = LedgerState.objects.select_for_update().get()
            until = min(newest, state.sealed_until + CHUNK)
            sealing.keep_snapshots(after=state.sealed_until, until=until)
            state.sealed_until = until
            state.save(update_fields=["sealed_until"])
        if until == newest:
            return


def analyse() -> None:
    """Give the planner what autovacuum gives it in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def balance_ratio(long: LedgerAccount, short: LedgerAccount) -> float:
    """Return how much longer it takes to read the balance of `long` than of `short` (medians)."""
    times: dict[str, list[float]] = {long.pk: [], short.pk: []}
    for _ in range(READS):
        for account in (long, short):
            started = time.perf_counter()
            queries.balance_at(account)
            times[account.pk].append(time.perf_counter() - started)
    return median(times[long.pk]) / median(times[short.pk])


def balance_at_p99_ms(account: LedgerAccount, *, entries: int) -> float:
    """Return the 99th percentile of reading a balance at random times amid the history."""
    times_ms = []
    picks = random.Random(1)
    for _ in range(READS):
        at = BEGINNING + APART * picks.randrange(entries // 4, entries * 3 // 4)
        started = time.perf_counter()
        queries.balance_at(account, at=at)
        times_ms.append((time.perf_counter() - started) * 1000)
    return quantiles(times_ms, n=100)[98]


_TRANSACTIONS = """
    INSERT INTO @schema@.ledger_transaction (
        id, account_id, created_at, metadata, details, reference, fingerprint, effective_at
    )
    SELECT %(prefix)s || '-' || to_char(i, 'FM0000000'), %(owner)s, %(beginning)s + i * %(apart)s,
        '{}', '{}', %(prefix)s || '-' || i, '\\x00', %(beginning)s + i * %(apart)s
    FROM generate_series(%(first)s, %(last)s) AS i
"""
_POSTINGS = """
    INSERT INTO @schema@.ledger_posting (
        transaction_id, position, debit_id, credit_id, amount_minor, currency, layer, effective_at
    )
    SELECT %(prefix)s || '-' || to_char(i, 'FM0000000'), 0, %(debit)s, %(credit)s, 1 + i %% 100,
        'usd', 'posted', %(beginning)s + i * %(apart)s
    FROM generate_series(%(first)s, %(last)s) AS i
"""
