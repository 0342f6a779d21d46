"""Sealing: what is sealed is all there is, in a chain; and snapshots have what is sealed."""

import hashlib
import json
import random
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.core import clock, context
from apps.core.money import Money
from apps.ledger import queries, services, tasks
from apps.ledger.domain import Posting, chart, merkle
from apps.ledger.domain.refusals import NothingToSeal
from apps.ledger.models import (
    LedgerAccount,
    LedgerPosting,
    LedgerSeal,
    LedgerSnapshot,
    LedgerState,
)
from apps.ledger.services import sealing
from tests.races import START_TIMEOUT_S, at_once

BANK, FEES, WALLET = chart.bank_settlement(), chart.platform_fees(), chart.wallet("wal_1")
LOSSES = chart.platform_losses()
NOW = datetime(2030, 1, 31, 12, 30, 15, 123456, UTC)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def post(*, reference, minor=5, debit=BANK, credit=FEES, **details):
    posting = Posting(debit=debit, credit=credit, money=Money(minor, "usd"))
    with transaction.atomic():
        return services.post([posting], reference=reference, **details).transaction_id


@pytest.fixture
def two_pairs(committed_environment):
    """Two pairs of accounts. Who posts between one and who posts between the other never meet."""
    post(reference="one pair")
    post(reference="another", debit=LOSSES, credit=WALLET)
    assert len(seal_all()) == 1


def post_apart(*, reference):
    """Post to the accounts to which `post` does not."""
    return post(reference=reference, debit=LOSSES, credit=WALLET)


def seal_all():
    """Seal until nothing is left; return the seals."""
    made = []
    while (seal := services.seal_step(now=NOW)) is not None:
        made.append(seal)
    return made


def sealed_until():
    return LedgerState.objects.get().sealed_until


def leaf_text(posting):
    """Write the leaf of a posting anew, by nothing but the document."""
    of = posting.transaction

    def instant(at):
        return at and at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    return json.dumps(
        {
            "amount": posting.amount_minor,
            "created_at": instant(of.created_at),
            "credit": posting.credit.code,
            "credit_kind": posting.credit.kind,
            "credit_line": posting.credit_line,
            "currency": posting.currency,
            "debit": posting.debit.code,
            "debit_kind": posting.debit.kind,
            "debit_line": posting.debit_line,
            "details": of.details,
            "effective_at": instant(of.effective_at),
            "expires_at": instant(of.expires_at),
            "layer": posting.layer,
            "metadata": of.metadata,
            "position": posting.position,
            "reference": of.reference,
            "resolves": of.resolves_id,
            "reverses": of.reverses_id,
            "source": of.source_id,
            "transaction": of.id,
            "version": 1,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def root_of(postings):
    return merkle.root([merkle.leaf_hash(leaf_text(posting)) for posting in postings]).hex()


def hash_of(seal):
    header = {
        "count": seal.posting_count,
        "number": seal.number,
        "previous": seal.previous_hash,
        "root": seal.root,
        "sealed_at": seal.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "version": 1,
    }
    text = json.dumps(header, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def test_seals_are_a_chain_over_all_postings(committed_environment, monkeypatch):
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 3)
    hold = post(
        reference="hold ü",
        pending=True,
        expires_at=NOW,
        metadata={"b": "1", "a": "—"},
        details={"type": "hold", "n": [1, 2.5, None]},
        source_id="ch_1",
    )
    post(reference="void", resolves=hold)
    moved = post(reference="late", effective_at=NOW - timedelta(days=900))
    undo = Posting(debit=FEES, credit=BANK, money=Money(5, "usd"))
    with transaction.atomic():
        services.post([undo], reference="undo", reverses=moved)

    made = seal_all()

    postings = list(LedgerPosting.objects.order_by("id"))
    assert [seal.posting_count for seal in made] == [3, len(postings) - 3]
    assert [seal.number for seal in made] == [1, 2]
    assert [seal.root for seal in made] == [root_of(postings[:3]), root_of(postings[3:])]
    assert [seal.previous_hash for seal in made] == ["0" * 64, made[0].hash]
    assert [seal.hash for seal in LedgerSeal.objects.order_by("number")] == [*map(hash_of, made)]
    assert [seal.after_posting for seal in made] == [0, made[0].last_posting]
    assert sealed_until() == made[-1].last_posting == postings[-1].id
    assert {seal.account_id for seal in made} == {committed_environment.account_id}
    assert seal_all() == []


def test_what_commits_late_is_never_left_out(two_pairs):
    """It drew its id before those that were committed when the horizon was taken."""
    drawn, tried = Event(), Event()

    def late():
        with transaction.atomic():
            post_apart(reference="late")
            drawn.set()
            assert tried.wait(START_TIMEOUT_S)

    def sealer():
        assert drawn.wait(START_TIMEOUT_S)
        post(reference="after")
        try:
            return [services.seal_step(now=NOW) for _ in range(3)]
        finally:
            tried.set()

    assert at_once(late, sealer) == [None, [None] * 3]
    (seal,) = seal_all()
    assert seal.posting_count == 2
    assert sealed_until() == LedgerPosting.objects.get(transaction__reference="after").id


def test_what_was_there_is_sealed_while_there_is_always_somebody_who_posts(two_pairs):
    one_posts, other_posts, sealed = Event(), Event(), Event()
    post(reference="before")

    def one():
        with transaction.atomic():
            post_apart(reference="one")
            one_posts.set()
            assert other_posts.wait(START_TIMEOUT_S)

    def other():
        assert one_posts.wait(START_TIMEOUT_S)
        # Now the horizon is taken, and `one` has begun before it.
        assert services.seal_step(now=NOW) is None
        with transaction.atomic():
            post(reference="other")
            other_posts.set()
            assert sealed.wait(START_TIMEOUT_S)

    def sealer():
        assert other_posts.wait(START_TIMEOUT_S)
        until = clock.now() + timedelta(seconds=START_TIMEOUT_S)
        made = None
        while made is None and clock.now() < until:
            made = services.seal_step(now=NOW)
        sealed.set()
        return made and made.last_posting

    *_, last = at_once(one, other, sealer)

    # What `one` wrote came after the horizon; what `other` writes may still be given up.
    assert last == LedgerPosting.objects.get(transaction__reference="before").id
    assert sum(seal.posting_count for seal in seal_all()) == 2


def test_two_sealers_do_not_wait_for_each_other(committed_environment):
    post(reference="one")
    locked, tried = Event(), Event()

    def holder():
        with transaction.atomic():
            LedgerState.objects.select_for_update().get()
            locked.set()
            assert tried.wait(START_TIMEOUT_S)

    def sealer():
        assert locked.wait(START_TIMEOUT_S)
        try:
            return services.seal_step(now=NOW)
        finally:
            tried.set()

    assert at_once(holder, sealer) == [None, None]
    assert len(seal_all()) == 1


def test_many_sealers_make_one_chain(committed_book, monkeypatch):
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 4)

    def poster(number):
        def run():
            for turn in range(10):
                post(reference=f"{number}:{turn}")

        return run

    def sealer():
        for _ in range(12):
            services.seal_step(now=NOW)

    outcomes = at_once(*map(poster, range(4)), *[sealer] * 4)
    seal_all()

    assert outcomes == [None] * 8
    postings = list(LedgerPosting.objects.order_by("id"))
    seals = list(LedgerSeal.objects.order_by("number"))
    assert [seal.number for seal in seals] == list(range(1, len(seals) + 1))
    assert sum(seal.posting_count for seal in seals) == len(postings) == 40
    last, previous = 0, "0" * 64
    for seal in seals:
        within = [one for one in postings if last < one.id <= seal.last_posting]
        assert (seal.after_posting, seal.previous_hash) == (last, previous)
        assert (seal.root, seal.posting_count) == (root_of(within), len(within))
        last, previous = seal.last_posting, seal.hash


@pytest.mark.parametrize("is_busy", [False, True])
def test_a_horizon_of_another_server_is_discarded(two_pairs, is_busy):
    """As in a book that was restored from a dump of a server with later transaction ids."""
    post(reference="one")
    LedgerState.objects.update(horizon=10**12, horizon_xmax=2**60)
    begun, done = Event(), Event()

    def busy():
        with transaction.atomic():
            if is_busy:
                post_apart(reference="busy")
            begun.set()
            assert done.wait(START_TIMEOUT_S)

    def sealer():
        assert begun.wait(START_TIMEOUT_S)
        made = services.seal_step(now=NOW)
        done.set()
        return made and made.posting_count

    assert at_once(busy, sealer) == [None, None if is_busy else 1]
    assert (LedgerState.objects.get().horizon_xmax or 0) < 2**60
    seal_all()
    assert sealed_until() == LedgerPosting.objects.latest("id").id


def test_a_frozen_book_is_not_sealed(committed_environment):
    post(reference="one")
    LedgerState.objects.update(frozen_at=NOW)

    assert seal_all() == []
    LedgerState.objects.update(frozen_at=None)
    assert len(seal_all()) == 1


def test_a_posting_that_hangs_in_the_air_is_not_sealed(committed_environment):
    first = post(reference="one")
    second = post(reference="two")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_transaction DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM ledger_transaction WHERE id = %s", [second])
        cursor.execute("ALTER TABLE ledger_transaction ENABLE TRIGGER USER")

    (seal,) = seal_all()

    assert LedgerPosting.objects.get(transaction=first).id == seal.last_posting == sealed_until()


@pytest.mark.parametrize("said", ["9" * 5_000, "[" * 5_000 + "]" * 5_000])
def test_a_posting_that_cannot_be_read_is_not_sealed_and_is_named(committed_environment, said):
    first = post(reference="one")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_transaction DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE ledger_transaction SET details = '{{\"n\": {said}}}'")
        cursor.execute("ALTER TABLE ledger_transaction ENABLE TRIGGER USER")

    assert seal_all() == []
    (finding,) = services.verify_round(now=NOW).findings
    assert finding["where"] == {"transaction": first, "position": 0}
    assert finding["message"] == "its transaction says what cannot be read"


def test_sealing_now_answers_with_the_newest_and_is_bounded(committed_environment, monkeypatch):
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 1)
    monkeypatch.setattr(sealing, "SEALS_AT_ONCE", 2)
    with pytest.raises(NothingToSeal):
        services.seal_now(now=NOW)
    for number in range(5):
        post(reference=f"{number}")

    assert [services.seal_now(now=NOW).number for _ in range(4)] == [2, 4, 5, 5]


def test_all_environments_are_sealed_and_a_broken_one_holds_up_none(open_committed, monkeypatch):
    environments = [open_committed().environment for _ in range(3)]
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 1)
    for environment in environments:
        with context.enter(environment, by="system"):
            post(reference="one")
            post(reference="two")
    with context.enter(environments[0], by="system"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_seal RENAME TO ledger_seal_away")

    assert services.seal_everywhere(budget_s=60) == 4

    for environment in environments[1:]:
        with context.enter(environment, by="system"):
            assert [one.posting_count for one in LedgerSeal.objects.all()] == [1, 1]
    lags = queries.seal_lags(environments)
    assert [lags[one.id].postings for one in environments] == [2, 0, 0]
    assert [lags[one.id].since is None for one in environments] == [False, True, True]
    with context.enter(environments[0], by="system"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_seal_away RENAME TO ledger_seal")


def test_beat_seals_and_verifies(committed_environment):
    post(reference="one")
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {tasks.seal.name, tasks.verify.name} <= scheduled

    tasks.seal()
    tasks.verify()

    assert sealed_until() == LedgerPosting.objects.get().id
    assert queries.get_verification().state == "ok"


def test_sealing_everywhere_takes_a_bounded_time(committed_environment):
    post(reference="one")

    assert services.seal_everywhere(budget_s=-1) == 0
    assert sealed_until() == 0


# Snapshots ----------------------------------------------------------------------------------------


def sums_of(postings, account_id):
    """Return debits, credits, pending debits, pending credits, count of an account's entries."""
    sums = [0, 0, 0, 0, 0]
    for posting in postings:
        minor = -posting.amount_minor if posting.layer == "released" else posting.amount_minor
        pending = 0 if posting.layer == "posted" else 2
        for side, account in enumerate((posting.debit_id, posting.credit_id)):
            if account == account_id:
                sums[side + pending] += minor
                sums[4] += 1
    return tuple(sums)


def assert_snapshots_are_right(*, per_interval):
    """Compare every snapshot with what is sealed, and look how long the intervals are."""
    postings = list(LedgerPosting.objects.filter(id__lte=sealed_until()))
    snapshots = list(LedgerSnapshot.objects.order_by("account_id", "cut_off_at"))
    assert {one.account_id for one in snapshots if one.cut_off_at == END_OF_TIME} == {
        account for one in postings for account in (one.debit_id, one.credit_id)
    }
    before: LedgerSnapshot | None = None
    for one in snapshots:
        earlier = [p for p in postings if p.effective_at < one.cut_off_at]
        assert (
            one.debits_minor,
            one.credits_minor,
            one.pending_debits_minor,
            one.pending_credits_minor,
            one.entry_count,
        ) == sums_of(earlier, one.account_id)
        is_next = before is not None and before.account_id == one.account_id
        count = one.entry_count - (before.entry_count if before and is_next else 0)
        if count >= 2 * per_interval:
            since = before.cut_off_at if before and is_next else None
            within = {
                p.effective_at
                for p in earlier
                if one.account_id in (p.debit_id, p.credit_id)
                and (since is None or p.effective_at >= since)
            }
            assert len(within) == 1
        before = one


@pytest.mark.parametrize("seed", range(4))
def test_snapshots_have_what_is_sealed_and_effective_before(
    committed_environment, monkeypatch, seed
):
    """Back-dated, future, at one instant; pending, posted and void; sealed in pieces."""
    per_interval = 4
    monkeypatch.setattr(sealing, "ENTRIES_PER_INTERVAL", per_interval)
    choice = random.Random(seed)
    codes = [BANK, FEES, LOSSES]
    instants = [None, None, *[NOW + timedelta(hours=hour) for hour in range(-20, 20)]]
    if seed == 0:
        instants = [NOW, None]
    pending: list[str] = []
    for round_ in range(12):
        monkeypatch.setattr(sealing, "POSTINGS_MAX", choice.choice([1, 3, 7, 50]))
        for number in range(choice.randrange(12)):
            debit, credit = choice.sample(codes, 2)
            name = f"{round_}:{number}"
            at = choice.choice(instants)
            if pending and choice.random() < 0.3:
                with transaction.atomic():
                    # What resolves counts no earlier than what it resolves: now, or when that does.
                    services.post([], reference=name, resolves=pending.pop())
                continue
            is_pending = choice.random() < 0.3
            posted = post(
                reference=name,
                debit=debit,
                credit=credit,
                minor=choice.randrange(1, 100),
                pending=is_pending,
                effective_at=at,
            )
            pending += [posted] * is_pending
        for _ in range(choice.randrange(4)):
            services.seal_step(now=NOW)
            assert_snapshots_are_right(per_interval=per_interval)
    seal_all()
    assert_snapshots_are_right(per_interval=per_interval)
    assert LedgerSnapshot.objects.count() > LedgerAccount.objects.count()


def test_one_large_seal_is_divided_as_many_small_ones_are(committed_environment, monkeypatch):
    monkeypatch.setattr(sealing, "ENTRIES_PER_INTERVAL", 3)
    with transaction.atomic():
        for number in range(20):
            post(reference=f"{number}", effective_at=NOW + timedelta(seconds=number // 2))

    (seal,) = seal_all()

    assert seal.posting_count == 20
    assert_snapshots_are_right(per_interval=3)
    counts = LedgerSnapshot.objects.filter(account__code=BANK).order_by("cut_off_at")
    assert [one.entry_count for one in counts] == [2, 4, 6, 8, 10, 12, 14, 16, 20]


def test_many_at_one_instant_are_one_interval(committed_environment, monkeypatch):
    monkeypatch.setattr(sealing, "ENTRIES_PER_INTERVAL", 3)
    for number in range(10):
        post(reference=f"{number}", effective_at=NOW)
        post(reference=f"later {number}", effective_at=NOW + timedelta(days=number))
        services.seal_step(now=NOW)

    assert_snapshots_are_right(per_interval=3)
    counts = LedgerSnapshot.objects.filter(account__code=BANK).order_by("cut_off_at")
    assert [one.entry_count for one in counts][:2] == [11, 14]
