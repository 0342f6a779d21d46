"""Imports: the same book again, or nothing."""

import json
import tracemalloc
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Max

from apps.core import clock, context
from apps.core.ids import new_id
from apps.core.models import Job
from apps.core.money import Money
from apps.identity.models import AuditEntry
from apps.ledger import installation, loading, queries, services
from apps.ledger.domain import Draft, Posting, Projection, chart
from apps.ledger.domain.refusals import (
    AccountClosed,
    AlreadyResolved,
    InsufficientBalance,
    PeriodClosed,
)
from apps.ledger.models import (
    LedgerAccount,
    LedgerPeriod,
    LedgerPosting,
    LedgerSeal,
    LedgerState,
    LedgerTransaction,
    LedgerVerification,
)
from tests.client import ApiClient
from tests.ledger.archives import EMPTY, export_lines, import_lines, rows_of, seals_of
from tests.ledger.books import play, shrink_seals
from tests.ledger.recorded import open_account
from tests.ledger.twins import Tally

BANK, FEES = chart.bank_settlement(), chart.platform_fees()


def every(api, path, **params):
    """Return all objects of a list of the API."""
    page = api.get(path, {"limit": 100, **params})
    assert not page["has_more"]
    return page["data"]


def shown(opened, *, now):
    """Return all that the API shows of a book, also as it was and will be."""
    api = ApiClient(opened.secret_key)
    accounts = every(api, "ledger/accounts")
    times = [now - 45 * 24 * 3600, now - 3600, now, now + 48 * 3600]
    return {
        "accounts": accounts,
        "transactions": every(api, "ledger/transactions"),
        "periods": every(api, "ledger/periods"),
        "entries": [every(api, f"ledger/accounts/{one['id']}/entries") for one in accounts],
        "at": [
            api.get(f"ledger/accounts/{one['id']}/balance", {"at": at, "known_at": known_at})
            for one in accounts
            for at in times
            for known_at in times[2:]
        ],
    }


def test_the_same_book_comes_of_it(source, target, projection):
    lines = export_lines(source.environment)
    told = []

    imported = import_lines(target.environment, lines, progress=lambda *at: told.append(at))

    trailer = json.loads(lines[-1])
    assert (imported.entries, imported.seals) == (trailer["entries"], trailer["seals"])
    assert told[-1] == (trailer["entries"], trailer["entries"])
    now = clock.to_unix(clock.now())
    assert shown(target, now=now) == shown(source, now=now)
    assert seals_of(target.environment) == seals_of(source.environment)
    with context.enter(target.environment, by="system"):
        assert services.verify_round(now=clock.now()).findings == []
        assert LedgerVerification.objects.get(pk=target.environment.id).state == "ok"
        assert installation.installed_projection(connection) is projection
        again = export_lines(target.environment)
    # All but the header, which names the export, and the trailer, which has the header's hash.
    assert [of_nobody(line) for line in again[1:-1]] == [of_nobody(line) for line in lines[1:-1]]
    assert {json.loads(line)["account"] for line in again[1:-1]} == {target.environment.account_id}


def test_random_books_come_out_the_same(committed_book, open_committed, projection, monkeypatch):
    shrink_seals(monkeypatch)  # so that there are many, and some end within a transaction
    play(7, projection=projection, tally=Tally())
    target = open_committed().environment
    lines = export_lines(committed_book)

    imported = import_lines(target, lines)

    assert imported.seals > 20
    assert imported.entries > 1_000
    assert seals_of(target) == seals_of(committed_book)
    # There is more than one way to divide the time of an account by snapshots.
    here, there = ({**rows_of(one), "ledger_snapshot": 0} for one in (target, committed_book))
    assert here == there
    balances = []
    for environment in (committed_book, target):
        with context.enter(environment, by="system"):
            assert services.verify_round(now=clock.now()).findings == []
            balances.append(queries.balances(LedgerAccount.objects.values_list("code", flat=True)))
    assert balances[0] == balances[1]
    again = export_lines(target)
    assert [of_nobody(line) for line in again[1:-1]] == [of_nobody(line) for line in lines[1:-1]]


def of_nobody(line):
    """Return a line of an archive without whose it is."""
    return json.loads(line) | {"account": ""}


def test_what_was_pending_can_be_posted(source, target):
    import_lines(target.environment, export_lines(source.environment))
    api = ApiClient(target.secret_key)
    mine = [one for one in every(api, "ledger/transactions", status="pending") if not one["source"]]
    whole, voided = (one["id"] for one in mine)

    assert api.post(f"ledger/transactions/{whole}/post")["resolves"] == whole
    assert api.post(f"ledger/transactions/{voided}/void")["resolves"] == voided
    assert every(api, "ledger/transactions", status="pending") == []


def test_what_was_known_is_refused_as_it_was_there(source, target):
    import_lines(target.environment, export_lines(source.environment))
    with context.enter(target.environment, by="system"):
        last = LedgerPosting.objects.aggregate(last=Max("id"))["last"]
        state = LedgerState.objects.get()
        closed = LedgerPeriod.objects.filter(reopened_at=None).aggregate(end=Max("ends_at"))
        assert (state.closed_before, state.sealed_until) == (closed["end"], last)
        resolved = LedgerTransaction.objects.exclude(resolves=None).earliest("id")
        refused: dict[type[Exception], dict[str, Any]] = {
            AccountClosed: {"debit": "old", "credit": "cash"},
            InsufficientBalance: {"debit": "deposits", "credit": "cash", "minor": 10**9},
            PeriodClosed: {"effective_at": closed["end"] - clock.from_unix(1).resolution},
            AlreadyResolved: {"debit": "deposits", "resolves": resolved.resolves_id},
        }
        for refusal, draft in refused.items():
            with pytest.raises(refusal), transaction.atomic():
                post_one(**draft)
        assert post_one().is_new
        assert not post_one(reference="=cmd|' /C calc'!A0", minor=10**15, currency="kwd").is_new


def post_one(
    *,
    debit="cash",
    credit="sales",
    minor=1,
    currency="eur",
    reference=None,
    postings=None,
    **options,
):
    money = Money(minor, currency)
    given = (Posting(debit=debit, credit=credit, money=money),) if postings is None else postings
    with transaction.atomic():
        return services.post(given, reference=reference or new_id("ref"), **options)


def test_the_chain_of_seals_goes_on(source, target):
    import_lines(target.environment, export_lines(source.environment))

    with context.enter(target.environment, by="system"):
        before = LedgerSeal.objects.latest("number")
        post_one()
        seal = services.seal_now(now=clock.now())

        assert seal.number == before.number + 1
        assert (seal.previous_hash, seal.after_posting) == (before.hash, before.last_posting)
        assert seal.posting_count == 1
    # And it can be exported and imported once more.
    assert len(export_lines(target.environment)) == len(export_lines(source.environment)) + 2


def test_what_expires_will_expire_here_too(source, target):
    import_lines(target.environment, export_lines(source.environment))

    there, here = (
        Job.objects.filter(environment_id=one.environment.id, task=services.EXPIRE)
        .values_list("due_at", "kwargs")
        .order_by("due_at")
        for one in (source, target)
    )
    assert list(there) == list(here)
    assert len(here) == 1


def test_it_is_on_the_audit_trail(source, target):
    import_lines(target.environment, export_lines(source.environment))

    (entry,) = AuditEntry.objects.filter(
        environment_id=target.environment.id, action="ledger.book.imported"
    )
    assert (entry.by, entry.after["environment"]) == ("operator:1", source.environment.id)
    assert entry.after["transactions"] > 10


def test_an_empty_book_can_be_imported(open_committed, target):
    lines = export_lines(open_committed().environment)

    assert import_lines(target.environment, lines).entries == 0
    assert rows_of(target.environment) == EMPTY


def test_other_merchants_accounts_stay_theirs(open_committed, target):
    source = open_committed()
    with (
        context.enter(source.environment, by="system", account_id="acct_connected"),
        transaction.atomic(),
    ):
        services.post(
            [Posting(debit=BANK, credit=chart.wallet("wal_1"), money=Money(1, "usd"))],
            reference="theirs",
        )
    import_lines(target.environment, export_lines(source.environment))

    with context.enter(target.environment, by="system"):
        owners = dict(LedgerAccount.objects.values_list("code", "account_id"))
        assert owners == {BANK: target.environment.account_id, "wallet:wal_1": "acct_connected"}
        assert LedgerTransaction.objects.get().account_id == "acct_connected"


def write_at_once(opened, *, between):
    """Post in one statement: fill a batch, spend what is not there, go on, and only then fund it.

    So it is where who spends gets a number, waits for who funds, and is let through.
    """
    with context.enter(opened.environment, by="system"), transaction.atomic():
        services.use_projection(Projection.STATEMENT)
        bank, fees = open_account("bank"), open_account("fees", "revenue")
        wallet = open_account("wallet", "liability", floor=0)
        filling = [(bank, fees)] * (loading.BATCH - 1)
        moves = [*filling, (wallet, bank), *[(bank, fees)] * between, (bank, wallet)]
        now = clock.now()
        made = LedgerTransaction.objects.bulk_create(
            LedgerTransaction(
                id=new_id("ltx"),
                account_id=opened.environment.account_id,
                created_at=now,
                effective_at=now,
                reference=f"at once:{number}",
                fingerprint=bytes(32),
            )
            for number in range(len(moves))
        )
        LedgerPosting.objects.bulk_create(
            LedgerPosting(
                transaction=one,
                position=0,
                debit=debit,
                credit=credit,
                amount_minor=100,
                currency="usd",
                layer="posted",
                effective_at=now,
            )
            for one, (debit, credit) in zip(made, moves, strict=True)
        )


@pytest.mark.parametrize("between", [0, loading.BATCH])
def test_the_order_of_numbers_may_cross_a_floor(open_committed, target, between, projection):
    source = open_committed()
    write_at_once(source, between=between)

    import_lines(target.environment, export_lines(source.environment))

    assert rows_of(target.environment) == rows_of(source.environment)
    with context.enter(target.environment, by="system"):
        assert queries.check_drift() == []
        assert queries.balances(["wallet"]) == {("wallet", "usd"): 0}
        assert installation.installed_projection(connection) is projection


def test_the_commands_move_a_book(source, target, tmp_path, capsys):
    file = tmp_path / "book.jsonl"
    call_command("export_ledger", environment=source.environment.id, output=file)

    call_command("import_ledger", file, environment=target.environment.id)

    shown = capsys.readouterr()
    assert "all 1 seals are the same" in shown.out
    assert "100%" in shown.err
    assert seals_of(target.environment) == seals_of(source.environment)


def fill_and_seal(environment, entries):
    """Post so many entries, four to a transaction, and seal them."""
    posting = Posting(debit=BANK, credit=FEES, money=Money(100, "usd"))
    with context.enter(environment, by="system"):
        for _ in range(entries // 4_000):
            with transaction.atomic():
                services.post_many(
                    [
                        Draft(
                            postings=(posting, posting),
                            reference=new_id("ref"),
                            metadata={"note": new_id("note")},
                        )
                        for _ in range(1_000)
                    ]
                )
        while services.seal_step(now=clock.now()):
            pass


def peak_of(*command, **options):
    """Run a command; return the most memory that it held at a time, in bytes."""
    tracemalloc.start()
    try:
        call_command(*command, **options)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_the_entries_take_no_more_memory(open_committed, tmp_path):
    peaks = []
    for entries in (4_000, 40_000):
        source, target = open_committed().environment, open_committed().environment
        fill_and_seal(source, entries)
        file = tmp_path / f"{entries}.jsonl"
        exporting = peak_of("export_ledger", environment=source.id, output=file)
        importing = peak_of("import_ledger", file, environment=target.id)
        assert rows_of(target) == rows_of(source)
        peaks.append((file.stat().st_size, exporting, importing))

    few, many = peaks
    assert many[0] > 9 * few[0], "Ten times as much was written and read."
    assert many[1] < 1.2 * few[1], peaks
    assert many[2] < 1.2 * few[2], peaks
