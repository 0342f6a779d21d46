"""Tampering: each thing that the owner of the tables can do is found, named, and freezes the book.

The book is filled once, with commits; what a test does to it is rolled back.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.core import context
from apps.core.context import Hosted
from apps.core.errors import Invalid, NotFound
from apps.identity.models import AuditEntry
from apps.ledger import services
from apps.ledger.domain import chart, findings
from apps.ledger.domain.findings import Check
from apps.ledger.domain.refusals import DriftUnexplained, Frozen, RangeTooLong
from apps.ledger.models import (
    LedgerAccount,
    LedgerPosting,
    LedgerSeal,
    LedgerState,
    LedgerVerification,
)
from apps.ledger.services import verification
from apps.tenants import services as tenants
from tests import factories
from tests.ledger.tampering import (
    BANK,
    FEES,
    NOW,
    WALLET,
    fill,
    id_of,
    post,
    posting_id,
    repair,
    run_round,
    seal_of,
    spoil,
    tamper,
    use_small_seals,
    use_small_steps,
)


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[Hosted]:
    """An environment with a book in it, for all tests of this module."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        use_small_seals(patch)
        (opened,) = factories.make_tenant().environments
        with context.enter(opened.environment, by="system"):
            fill()
    yield opened.environment
    with django_db_blocker.unblock():
        tenants.drop_environment(opened.environment.id)


@pytest.fixture(params=["in small steps", "in large steps"])
def filled_book(request, db, filled, monkeypatch):
    """A book with a bit of everything: most of it sealed, the end of it not."""
    use_small_seals(monkeypatch)
    if request.param == "in small steps":
        use_small_steps(monkeypatch)
    with context.enter(filled, by="system"):
        yield filled


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
    "the book is opened before the end of a closed period, or closed without one": (
        "UPDATE ledger_state SET closed_before = '2000-01-01' WHERE id = 1",
        [(Check.CHART, {})],
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
    monkeypatch.setattr(findings, "KEPT_MAX", 3)
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor + 1")

    assert len(run_round()) == 3


def test_a_book_with_more_findings_than_are_kept_can_be_unfrozen(filled_book, monkeypatch):
    monkeypatch.setattr(findings, "KEPT_MAX", 3)
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor + 1")
    run_round()
    services.unfreeze(reason="We go on with it, and put it right by and by.", now=NOW)

    run_round()
    assert LedgerState.objects.get().frozen_at is None
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor - 1")
    assert run_round() == []

    # After a round that found nothing, nothing is accepted any more.
    spoil()
    run_round()
    assert LedgerState.objects.get().frozen_at is not None


def test_what_was_accepted_stays_so_if_the_book_is_unfrozen_in_the_middle_of_a_round(
    filled_book, monkeypatch
):
    use_small_steps(monkeypatch)
    spoil()
    run_round()
    services.unfreeze(reason="A count that nobody can put right.", now=NOW)
    tamper("UPDATE ledger_seal SET root = repeat('0', 64) WHERE number = 1")
    services.begin_round(now=NOW)
    step_until_frozen()

    services.unfreeze(reason="Nor the seal, which the round came to before the count.", now=NOW)
    run_round()

    assert LedgerState.objects.get().frozen_at is None


def step_until_frozen() -> None:
    """Go on with the round until it freezes the book."""
    while LedgerState.objects.get().frozen_at is None:
        services.verify_step(now=NOW)


def test_a_check_of_some_seals_forgets_no_finding(filled_book):
    spoil()
    run_round()
    tamper("UPDATE ledger_seal SET root = repeat('0', 64) WHERE number = 1")

    services.verify_seals(from_seal=1, to_seal=1, now=NOW)

    kept = LedgerVerification.objects.get(pk=filled_book.id).findings
    assert [one["check"] for one in kept] == ["balance", "seal", "seal"]


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
