"""The verification: what is tampered with is found and named, and what is right never is."""

import random
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.core import clock, context
from apps.core.errors import Invalid, NotFound
from apps.core.money import Money
from apps.identity.models import AuditEntry
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart, findings
from apps.ledger.domain.findings import Check
from apps.ledger.domain.refusals import (
    DriftUnexplained,
    Frozen,
    InsufficientBalance,
    RangeTooLong,
)
from apps.ledger.models import (
    LedgerAccount,
    LedgerPosting,
    LedgerSeal,
    LedgerState,
    LedgerTransaction,
    LedgerVerification,
)
from apps.ledger.services import checking, sealing, verification
from tests.races import at_once

BANK, FEES, WALLET = chart.bank_settlement(), chart.platform_fees(), chart.wallet("wal_1")
NOW = datetime(2030, 1, 31, 12, 30, tzinfo=UTC)
TABLES = ("account", "balance", "posting", "seal", "snapshot", "state", "transaction")


def post(*, reference, minor=5, debit=BANK, credit=WALLET, **details):
    posting = Posting(debit=debit, credit=credit, money=Money(minor, "usd"))
    with transaction.atomic():
        return services.post([posting], reference=reference, **details).transaction_id


def give_up():
    """Draw the id of a posting that is never committed."""
    with transaction.atomic():
        post(reference="given up")
        transaction.set_rollback(True)


def seal_all():
    while services.seal_step(now=NOW) is not None:
        pass


@pytest.fixture
def small_seals(monkeypatch):
    """Let a few postings need many seals and snapshots."""
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 3)
    monkeypatch.setattr(sealing, "ENTRIES_PER_INTERVAL", 3)


@pytest.fixture
def small_steps(monkeypatch):
    """Let a small book need many steps."""
    monkeypatch.setattr(checking, "POSTINGS_PER_STEP", 4)
    monkeypatch.setattr(checking, "SEALS_PER_STEP", 2)
    monkeypatch.setattr(checking, "TRANSACTIONS_PER_STEP", 3)
    monkeypatch.setattr(checking, "INTERVALS_PER_STEP", 3)


@pytest.fixture
def filled_book(committed_environment, small_seals, small_steps):
    """A book with a bit of everything: most of it sealed, the end of it not."""
    fill()
    return committed_environment


def fill():
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


def tamper(statement, *parameters):
    """Do as the owner of the tables can: with the triggers off."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0
        for table in TABLES:
            cursor.execute(f"ALTER TABLE ledger_{table} ENABLE TRIGGER USER")


def run_round():
    """Take a whole round by its steps; return what was found."""
    services.begin_round(now=NOW)
    for _ in range(200):
        row = services.verify_step(now=NOW)
        assert row is not None
        if "at" not in row.cursor:
            return [findings.from_json(one) for one in row.findings]
    pytest.fail("The round does not end.")


def id_of(reference):
    return LedgerTransaction.objects.get(reference=reference).pk


def seal_of(reference):
    posting = LedgerPosting.objects.filter(transaction__reference=reference).earliest("id")
    return LedgerSeal.objects.filter(last_posting__gte=posting.id).earliest("number").number


def posting_id(reference):
    return LedgerPosting.objects.filter(transaction__reference=reference).earliest("id").id


def test_a_sound_book_is_found_sound(committed_book, small_seals, small_steps):
    fill()

    assert run_round() == []

    row = LedgerVerification.objects.get(pk=committed_book.id)
    assert (row.state, row.rounds, row.findings) == ("ok", 1, [])
    assert row.postings_checked == LedgerPosting.objects.count()
    assert row.seals_checked == LedgerSeal.objects.count() > 3
    assert row.accounts_checked == LedgerAccount.objects.count() == 4
    assert row.round_started_at == row.round_finished_at == row.step_at == NOW
    owed = sum(100 + number for number in range(8)) + 11 - 3
    assert row.coverage == [{"currency": "usd", "owed": owed, "held": owed + 3, "shortfall": 0}]
    assert LedgerState.objects.get().frozen_at is None
    assert queries.check_drift() == []


def test_an_empty_book_is_sound(committed_environment):
    assert run_round() == []


# What is done, by which statement; and what is found, and where. A place may be a callable.
TAMPERED: dict[str, tuple[str, list[tuple[Check, Any]]]] = {
    "a sealed amount is changed": (
        "UPDATE ledger_posting SET amount_minor = 900 WHERE id = {in 2}",
        [
            (Check.SEAL, lambda: {"seal": seal_of("in 2")}),
            (Check.SNAPSHOT, {"account": BANK, "currency": "usd"}),
            (Check.SNAPSHOT, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "an amount that is not sealed is changed": (
        "UPDATE ledger_posting SET amount_minor = 900 WHERE id = {last}",
        [
            (Check.BALANCE, {"account": BANK, "currency": "usd"}),
            (Check.BALANCE, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "a sealed posting is deleted": (
        "DELETE FROM ledger_posting WHERE id = {in 3}",
        [
            (Check.SEAL, lambda: {"seal": SEALED["in 3"]}),
            (Check.TRANSACTION, lambda: {"transaction": id_of("in 3")}),
            (Check.SNAPSHOT, {"account": BANK, "currency": "usd"}),
            (Check.SNAPSHOT, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "a posting that is not sealed is deleted": (
        "DELETE FROM ledger_posting WHERE id = {last}",
        [
            (Check.TRANSACTION, lambda: {"transaction": id_of("last")}),
            (Check.BALANCE, {"account": BANK, "currency": "usd"}),
            (Check.BALANCE, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "a posting is added where it was sealed": (
        (
            "INSERT INTO ledger_posting (id, transaction_id, position, debit_id, credit_id,"
            " amount_minor, currency, layer, effective_at, is_shifted)"
            " SELECT {in 3} - 1, transaction_id, 9, debit_id, credit_id, amount_minor, currency,"
            " layer, effective_at, is_shifted FROM ledger_posting WHERE id = {in 2}"
        ),
        [
            (Check.SEAL, lambda: {"seal": seal_of("in 3")}),
            (Check.SNAPSHOT, {"account": BANK, "currency": "usd"}),
            (Check.SNAPSHOT, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "the accounts of a posting are swapped": (
        "UPDATE ledger_posting SET debit_id = credit_id, credit_id = debit_id WHERE id = {in 2}",
        [
            (Check.SEAL, lambda: {"seal": seal_of("in 2")}),
            (Check.SNAPSHOT, {"account": BANK, "currency": "usd"}),
            (Check.SNAPSHOT, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "a posting counts at another time": (
        (
            "UPDATE ledger_posting SET effective_at = effective_at - interval '1 us'"
            " WHERE id = {open hold}"
        ),
        [(Check.POSTING, lambda: {"transaction": id_of("open hold"), "position": 0})],
    ),
    "a posting is said to be shifted": (
        "UPDATE ledger_posting SET is_shifted = true WHERE id = {in 2}",
        [(Check.POSTING, lambda: {"transaction": id_of("in 2"), "position": 0})],
    ),
    "a posting is in another currency": (
        "UPDATE ledger_posting SET currency = 'eur' WHERE id = {last}",
        [(Check.POSTING, lambda: {"transaction": id_of("last"), "position": 0})],
    ),
    "a posting is of an account that is not there": (
        "UPDATE ledger_posting SET debit_id = 'lacct_0' WHERE id = {last}",
        [
            (Check.POSTING, lambda: {"transaction": id_of("last"), "position": 0}),
            (Check.BALANCE, {"account": BANK, "currency": "usd"}),
        ],
    ),
    "less is released than was pending": (
        "UPDATE ledger_posting SET amount_minor = 4 WHERE id = {take}",
        [
            (Check.SEAL, lambda: {"seal": seal_of("take")}),
            (Check.TRANSACTION, lambda: {"transaction": id_of("take")}),
            (Check.SNAPSHOT, {"account": FEES, "currency": "usd"}),
            (Check.SNAPSHOT, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "what was posted is said to be released": (
        "UPDATE ledger_posting SET layer = 'released' WHERE id = {last}",
        [
            (Check.POSTING, lambda: {"transaction": id_of("last"), "position": 0}),
            (Check.BALANCE, {"account": BANK, "currency": "usd"}),
            (Check.BALANCE, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "metadata is changed": (
        "UPDATE ledger_transaction SET metadata = '{{\"order\": \"x\"}}' WHERE reference = 'in 4'",
        [(Check.SEAL, lambda: {"seal": seal_of("in 4")})],
    ),
    "a transaction resolves another one": (
        "UPDATE ledger_transaction SET resolves_id = 'ltx_0' WHERE reference = 'take'",
        [
            (Check.SEAL, lambda: {"seal": seal_of("take")}),
            (Check.TRANSACTION, lambda: {"transaction": id_of("take")}),
        ],
    ),
    "a transaction resolves what is not pending": (
        (
            "UPDATE ledger_transaction SET resolves_id ="
            " (SELECT id FROM ledger_transaction WHERE reference = 'in 1') WHERE reference = 'last'"
        ),
        [(Check.TRANSACTION, lambda: {"transaction": id_of("last")})],
    ),
    "a transaction reverses what is not there": (
        "UPDATE ledger_transaction SET reverses_id = 'ltx_0' WHERE reference = 'last'",
        [(Check.TRANSACTION, lambda: {"transaction": id_of("last")})],
    ),
    "a transaction is deleted": (
        "DELETE FROM ledger_transaction WHERE reference = 'last'",
        [
            (
                Check.POSTING,
                lambda: {
                    "transaction": LedgerPosting.objects.latest("id").transaction_id,
                    "position": 0,
                },
            )
        ],
    ),
    "a transaction without postings is added": (
        (
            "INSERT INTO ledger_transaction SELECT 'ltx_bare', account_id, created_at, metadata,"
            " 'bare', fingerprint, effective_at, expires_at, NULL, NULL, details, source_id"
            " FROM ledger_transaction WHERE reference = 'last'"
        ),
        [(Check.TRANSACTION, {"transaction": "ltx_bare"})],
    ),
    "a balance is changed": (
        "UPDATE ledger_balance SET credits_minor = credits_minor + 1 WHERE account_id = {WALLET}",
        [
            (Check.BALANCE, {"account": WALLET, "currency": "usd"}),
            (Check.CHART, {"currency": "usd"}),
        ],
    ),
    "an entry more is counted": (
        "UPDATE ledger_balance SET entry_count = entry_count + 1 WHERE account_id = {WALLET}",
        [(Check.BALANCE, {"account": WALLET, "currency": "usd"})],
    ),
    "two balances are changed so that the chart still adds up": (
        (
            "UPDATE ledger_balance SET credits_minor = credits_minor"
            " + CASE WHEN account_id = {WALLET} THEN 1 ELSE -1 END"
            " WHERE account_id = {WALLET} OR (account_id, stripe) = (SELECT account_id, stripe"
            " FROM ledger_balance WHERE account_id = {FEES} LIMIT 1)"
        ),
        [
            (Check.BALANCE, {"account": FEES, "currency": "usd"}),
            (Check.BALANCE, {"account": WALLET, "currency": "usd"}),
        ],
    ),
    "balance rows are deleted": (
        "DELETE FROM ledger_balance WHERE account_id = {WALLET}",
        [
            (Check.BALANCE, {"account": WALLET, "currency": "usd"}),
            (Check.ACCOUNT, {"account": WALLET, "currency": "usd"}),
            (Check.CHART, {"currency": "usd"}),
        ],
    ),
    "a balance is given to nobody": (
        "INSERT INTO ledger_balance (account_id, stripe, debits_minor) VALUES ('lacct_0', 0, 1)",
        [(Check.ACCOUNT, {"account": "lacct_0"})],
    ),
    "a floor is lowered": (
        "UPDATE ledger_balance SET floor_minor = -1000 WHERE account_id = {WALLET}",
        [(Check.ACCOUNT, {"account": WALLET, "currency": "usd"})],
    ),
    "a floor is taken away": (
        "UPDATE ledger_account SET floor_minor = NULL WHERE id = {WALLET}",
        [(Check.ACCOUNT, {"account": WALLET, "currency": "usd"})],
    ),
    "a closed account is opened again": (
        "UPDATE ledger_account SET closed_at = NULL WHERE closed_at IS NOT NULL",
        [(Check.ACCOUNT, {"account": chart.platform_losses(), "currency": "usd"})],
    ),
    "the balance of a closed account is opened": (
        "UPDATE ledger_balance SET closed_at_count = NULL WHERE closed_at_count IS NOT NULL",
        [(Check.ACCOUNT, {"account": chart.platform_losses(), "currency": "usd"})],
    ),
    "the kind of an account is changed": (
        "UPDATE ledger_account SET kind = 'expense' WHERE id = {FEES}",
        [(Check.SEAL, lambda: {"seal": seal_of("hold")})],
    ),
    "the root of a seal is changed": (
        "UPDATE ledger_seal SET root = repeat('0', 64) WHERE number = 2",
        [(Check.SEAL, {"seal": 2})],
    ),
    "the hash of a seal is changed": (
        "UPDATE ledger_seal SET hash = repeat('0', 64) WHERE number = 2",
        [(Check.SEAL, {"seal": 2}), (Check.SEAL, {"seal": 3})],
    ),
    "a seal is deleted": (
        "DELETE FROM ledger_seal WHERE number = 2",
        [(Check.SEAL, {"seal": 2})],
    ),
    "the last seal is deleted": (
        "DELETE FROM ledger_seal WHERE number = (SELECT max(number) FROM ledger_seal)",
        [(Check.SEAL, lambda: {"seal": LedgerSeal.objects.latest("number").number})],
    ),
    "the book is said to be sealed further": (
        "UPDATE ledger_state SET sealed_until = {last}",
        [(Check.SEAL, lambda: {"seal": LedgerSeal.objects.latest("number").number})],
    ),
    "a snapshot is changed": (
        (
            "UPDATE ledger_snapshot SET debits_minor = debits_minor + 1 WHERE account_id = {BANK}"
            " AND cut_off_at = (SELECT min(cut_off_at) FROM ledger_snapshot"
            " WHERE account_id = {BANK})"
        ),
        [(Check.SNAPSHOT, {"account": BANK, "currency": "usd"})],
    ),
    "the last snapshot is changed": (
        (
            "UPDATE ledger_snapshot SET debits_minor = debits_minor + 1 WHERE account_id = {BANK}"
            " AND cut_off_at = ledger_end_of_time()"
        ),
        [
            (Check.SNAPSHOT, {"account": BANK, "currency": "usd"}),
            (Check.BALANCE, {"account": BANK, "currency": "usd"}),
        ],
    ),
    "the last snapshot and the balance are changed alike": (
        (
            "WITH cooked AS (UPDATE ledger_snapshot SET debits_minor = debits_minor + 1"
            " WHERE account_id = {BANK} AND cut_off_at = ledger_end_of_time())"
            " UPDATE ledger_balance SET debits_minor = debits_minor + 1"
            " WHERE (account_id, stripe) ="
            " (SELECT account_id, stripe FROM ledger_balance WHERE account_id = {BANK} LIMIT 1)"
        ),
        [
            (Check.SNAPSHOT, {"account": BANK, "currency": "usd"}),
            (Check.CHART, {"currency": "usd"}),
        ],
    ),
    "snapshots are deleted": (
        "DELETE FROM ledger_snapshot WHERE account_id = {BANK}",
        [
            (Check.SNAPSHOT, {"account": BANK, "currency": "usd"}),
            (Check.BALANCE, {"account": BANK, "currency": "usd"}),
        ],
    ),
}
# A kind is in every leaf of its account; what is sealed is in the snapshots of every account.
FOUND_IN_MANY_PLACES = {
    "the kind of an account is changed",
    "the book is said to be sealed further",
}
SEALED: dict[str, int] = {}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_the_owner_of_the_tables_does_is_found_and_named(filled_book, name):
    statement, expected = TAMPERED[name]
    sealed = [f"in {number}" for number in range(8)] + ["hold", "take"]
    SEALED.update({reference: seal_of(reference) for reference in sealed})
    names = {reference: str(posting_id(reference)) for reference in [*sealed, "last", "open hold"]}
    accounts = dict(LedgerAccount.objects.values_list("code", "id"))
    names |= {"BANK": BANK, "FEES": FEES, "WALLET": WALLET}
    for code in ("BANK", "FEES", "WALLET"):
        names[code] = f"'{accounts[names[code]]}'"
    tamper(statement.format_map(names))

    found = run_round()

    places = {
        (one.check, *sorted(one.where.items())) for one in found if one.where.pop("before", 1)
    }
    wanted = {(check, *sorted((at() if callable(at) else at).items())) for check, at in expected}
    assert wanted <= places
    assert places == wanted or name in FOUND_IN_MANY_PLACES
    state = LedgerState.objects.get()
    assert state.frozen_at == NOW
    assert state.frozen_reason
    with pytest.raises(Frozen):
        post(reference="more")


@pytest.mark.parametrize(
    ("statement", "reference"),
    [
        ("UPDATE ledger_transaction SET metadata = '{}' WHERE reference = 'in 4'", "in 4"),
        ("UPDATE ledger_posting SET debit_line = 1 WHERE id = %s", "in 5"),
    ],
)
def test_the_transaction_that_was_written_after_it_was_sealed_is_suspected(
    filled_book, statement, reference
):
    tamper(statement, *[posting_id(reference)] * statement.count("%s"))

    (finding,) = run_round()

    assert finding.suspects == [id_of(reference)]
    assert (finding.found, finding.expected) == (
        LedgerSeal.objects.get(number=seal_of(reference)).root,
        finding.expected,
    )
    assert id_of(reference) in str(finding)


def test_a_finding_says_both_sums(filled_book):
    tamper(
        "UPDATE ledger_balance SET credits_minor = credits_minor + 1, pending_debits_minor = 0"
        " WHERE account_id = %s",
        LedgerAccount.objects.get(code=WALLET).pk,
    )

    finding = next(one for one in run_round() if one.check is Check.BALANCE)

    taken_in = sum(100 + number for number in range(8)) + 7 + 11
    assert finding.where == {"account": WALLET, "currency": "usd"}
    assert finding.expected == {
        "debits": 3 + 7,
        "credits": taken_in,
        "pending_debits": 2,
        "pending_credits": 0,
        "entries": finding.found["entries"],
    }
    assert finding.found == finding.expected | {"credits": taken_in + 1, "pending_debits": 0}
    assert LedgerState.objects.get().frozen_reason.startswith(f"account {WALLET}, currency usd: ")


def test_a_drift_is_found_within_a_bounded_number_of_steps(filled_book):
    services.begin_round(now=NOW)
    services.verify_step(now=NOW)
    tamper(
        "UPDATE ledger_balance SET entry_count = 0 WHERE account_id = %s",
        LedgerAccount.objects.get(code=BANK).pk,
    )

    steps = 0
    while LedgerState.objects.get().frozen_at is None:
        services.verify_step(now=NOW)
        steps += 1

    assert steps < 30


# Freezing -----------------------------------------------------------------------------------------


def spoil():
    tamper(
        "UPDATE ledger_balance SET entry_count = entry_count + 1 WHERE account_id = %s",
        LedgerAccount.objects.get(code=WALLET).pk,
    )


def repair():
    tamper(
        "UPDATE ledger_balance SET entry_count = entry_count - 1 WHERE account_id = %s",
        LedgerAccount.objects.get(code=WALLET).pk,
    )


def audit_trail():
    here = context.current().environment.id
    entries = AuditEntry.objects.filter(environment_id=here, action__startswith="ledger.")
    return [(entry.action, entry.reason) for entry in entries.order_by("id")]


def test_freezing_is_on_the_audit_trail_once(filled_book):
    spoil()
    run_round()
    run_round()

    ((action, reason),) = audit_trail()
    assert (action, reason) == ("ledger.frozen", LedgerState.objects.get().frozen_reason)
    assert LedgerVerification.objects.get(pk=filled_book.id).state == "drift"


def test_a_repaired_book_is_unfrozen_by_an_operator_after_a_clean_round(filled_book):
    spoil()
    run_round()
    repair()
    with pytest.raises(DriftUnexplained):
        services.unfreeze(reason=" ", now=NOW)
    assert LedgerState.objects.get().frozen_at is not None

    assert run_round() == []
    assert LedgerState.objects.get().frozen_at is not None
    with context.amended(by="operator:1"):
        services.unfreeze(reason="", now=NOW)

    assert post(reference="again")
    assert [action for action, _ in audit_trail()] == ["ledger.frozen", "ledger.unfrozen"]
    services.unfreeze(reason="", now=NOW)
    assert len(audit_trail()) == 2


def test_what_is_known_and_accepted_does_not_freeze_again_and_something_else_does(filled_book):
    spoil()
    run_round()
    services.unfreeze(reason="A count that nobody can put right.", now=NOW)
    post(reference="again")

    assert [one.check for one in run_round()] == [Check.BALANCE]
    assert [one.check for one in run_round()] == [Check.BALANCE]
    assert LedgerState.objects.get().frozen_at is None
    assert LedgerVerification.objects.get(pk=filled_book.id).state == "drift"

    tamper("UPDATE ledger_seal SET root = repeat('0', 64) WHERE number = 1")
    run_round()
    assert LedgerState.objects.get().frozen_reason.startswith("seal 1: ")
    kept = LedgerVerification.objects.get(pk=filled_book.id).findings
    assert [one["check"] for one in kept] == ["seal", "seal", "balance"]


def test_findings_are_kept_up_to_a_number(filled_book, monkeypatch):
    monkeypatch.setattr(verification, "FINDINGS_MAX", 3)
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor + 1")

    assert len(run_round()) == 3


def test_a_shortfall_is_shown_and_freezes_nothing(committed_environment):
    merchant = chart.account_available("acct_1")
    post(reference="lost", debit=chart.platform_losses(), credit=WALLET, minor=50)
    post(reference="owing", debit=chart.account_available("acct_2"), credit=merchant, minor=20)
    post(reference="held", credit=merchant, minor=30)

    assert run_round() == []

    # 50 of the wallet and 50 of one merchant; what the other one owes makes up for nothing.
    (coverage,) = LedgerVerification.objects.get(pk=committed_environment.id).coverage
    assert coverage == {"currency": "usd", "owed": 100, "held": 30, "shortfall": 70}
    assert LedgerState.objects.get().frozen_at is None


# Ranges of seals ----------------------------------------------------------------------------------


def test_a_range_of_seals_is_checked_by_itself(filled_book):
    last = LedgerSeal.objects.latest("number").number
    tamper("UPDATE ledger_transaction SET metadata = '{}' WHERE reference = 'in 4'")
    wrong = seal_of("in 4")

    def check(first, until):
        return services.verify_seals(from_seal=first, to_seal=until, now=NOW)

    assert check(1, wrong - 1).findings == []
    assert check(wrong + 1, last).findings == []
    assert LedgerState.objects.get().frozen_at is None
    found = check(2, last)
    assert [one.where for one in found.findings] == [{"seal": wrong}]
    assert found.postings == sum(
        seal.posting_count for seal in LedgerSeal.objects.filter(number__gte=2)
    )
    assert LedgerState.objects.get().frozen_at == NOW
    (kept,) = LedgerVerification.objects.get(pk=filled_book.id).findings
    assert kept["where"] == {"seal": wrong}


def test_a_range_must_be_one_and_not_too_long(filled_book, monkeypatch):
    last = LedgerSeal.objects.latest("number").number
    for bounds, refusal in (
        ((2, 1), Invalid),
        ((1, last + 1), NotFound),
        ((last + 1, last + 2), NotFound),
    ):
        with pytest.raises(refusal):
            services.verify_seals(from_seal=bounds[0], to_seal=bounds[1], now=NOW)
    monkeypatch.setattr(verification, "RANGE_POSTINGS_MAX", 3)
    assert services.verify_seals(from_seal=2, to_seal=2, now=NOW).findings == []
    with pytest.raises(RangeTooLong):
        services.verify_seals(from_seal=1, to_seal=2, now=NOW)


def test_a_range_after_a_seal_that_is_missing(filled_book):
    tamper("DELETE FROM ledger_seal WHERE number = 2")

    found = services.verify_seals(from_seal=3, to_seal=3, now=NOW).findings

    assert [(one.where, one.message) for one in found] == [({"seal": 2}, "it is missing")]


# Everywhere ---------------------------------------------------------------------------------------


def test_a_book_rests_after_a_round_and_who_has_waited_longest_comes_first(open_committed):
    ids = [open_committed().environment.id for _ in range(3)]
    services.verify_everywhere(budget_s=60)
    rows = LedgerVerification.objects.filter(pk__in=ids)
    assert [row.rounds for row in rows] == [1, 1, 1]
    services.verify_everywhere(budget_s=60)
    assert [row.rounds for row in rows.all()] == [1, 1, 1]

    long_ago = clock.now() - timedelta(hours=1)
    rows.filter(pk__in=ids[1:]).update(round_finished_at=long_ago, step_at=long_ago)
    rows.filter(pk=ids[2]).update(step_at=long_ago - timedelta(hours=1))
    services.verify_everywhere(budget_s=60)

    first, second, third = (rows.get(pk=one) for one in ids)
    assert [row.rounds for row in (first, second, third)] == [1, 2, 2]
    begun = [row.round_started_at or clock.now() for row in (first, third, second)]
    assert begun == sorted(begun)


def test_the_verification_takes_a_bounded_time(committed_environment):
    assert services.verify_everywhere(budget_s=-1) == 0
    assert LedgerVerification.objects.get(pk=committed_environment.id).step_at is None


def test_what_another_process_works_on_is_passed_over(open_committed):
    environments = [open_committed().environment for _ in range(2)]
    services.verify_everywhere(budget_s=60)
    rows = LedgerVerification.objects.filter(pk__in=[one.id for one in environments])
    rows.update(cursor={}, round_finished_at=None)
    locked, done = Event(), Event()

    def holder():
        with transaction.atomic():
            rows.select_for_update().get(pk=environments[0].id)
            locked.set()
            assert done.wait(30)

    def worker():
        assert locked.wait(30)
        try:
            return services.verify_everywhere(budget_s=60)
        finally:
            done.set()

    _, taken = at_once(holder, worker)

    assert taken > 0
    assert [rows.get(pk=one.id).round_finished_at is None for one in environments] == [True, False]


def test_a_book_that_cannot_be_read_holds_up_no_other(open_committed):
    environments = [open_committed().environment for _ in range(2)]
    with context.enter(environments[0], by="system"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_seal RENAME TO ledger_seal_away")

    services.verify_everywhere(budget_s=60)

    rounds = {row.pk: row.rounds for row in LedgerVerification.objects.all()}
    assert [rounds[one.id] for one in environments] == [0, 1]


def test_the_command_goes_through_a_whole_book(filled_book, capsys):
    call_command("verify_ledger", environment=filled_book.id)
    assert capsys.readouterr().out == f"{filled_book.id}  {filled_book}: no drift\n"

    spoil()
    with pytest.raises(CommandError, match="1 environment"):
        call_command("verify_ledger", environment=filled_book.id)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{filled_book.id}  {filled_book}: DRIFT"
    assert told[1].startswith(f"    account {WALLET}, currency usd: the balance is not the sum")
    with pytest.raises(CommandError, match="There is no environment"):
        call_command("verify_ledger", environment="env_none")


# Races --------------------------------------------------------------------------------------------

CODES = [BANK, FEES, WALLET, chart.wallet("wal_2"), chart.platform_losses()]


def random_draft(choice, name):
    """Return a transaction between some of CODES: back-dated, of the future, pending."""
    debit, credit = choice.sample(CODES, 2)
    days = choice.choice([None, None, -1, -400, 5])
    return Draft(
        postings=tuple(
            Posting(debit=debit, credit=credit, money=Money(choice.randrange(1, 9), "usd"))
            for _ in range(choice.randrange(1, 4))
        ),
        reference=name,
        effective_at=None if days is None else clock.now() + timedelta(days=days),
        is_pending=choice.random() < 0.3,
    )


def write(number):
    """Post one by one and in batches, and resolve some of what is pending."""
    choice = random.Random(number)
    pending: list[str] = []
    for turn in range(25):
        name = f"{number}:{turn}"
        drafts = [random_draft(choice, f"{name}:{n}") for n in range(choice.choice([1, 1, 5]))]
        if pending and choice.random() < 0.5:
            drafts = [Draft((), reference=name, resolves=pending.pop())]
        try:
            with transaction.atomic():
                posted = services.post_many(drafts)
        except InsufficientBalance:
            continue
        pairs = zip(posted, drafts, strict=True)
        pending += [one.transaction_id for one, draft in pairs if draft.is_pending]


def test_whoever_posts_meanwhile_is_never_taken_for_a_drift(committed_book, small_seals):
    for number, code in enumerate(CODES[1:]):
        post(reference=f"open {number}", credit=code, minor=10_000)
    over = [Event() for _ in range(8)]

    def writer(number):
        def run():
            try:
                write(number)
            finally:
                over[number].set()

        return run

    def until_over(call):
        def run():
            while not all(one.is_set() for one in over):
                call(now=clock.now())

        return run

    outcomes = at_once(
        *map(writer, range(len(over))),
        *map(until_over, [services.seal_step, services.verify_step, services.verify_step]),
    )

    assert outcomes == [None] * len(outcomes)
    row = LedgerVerification.objects.get(pk=committed_book.id)
    assert (row.findings, LedgerState.objects.get().frozen_at) == ([], None)
    assert row.rounds > 0
    seal_all()
    assert run_round() == []
    assert LedgerPosting.objects.count() > 300
