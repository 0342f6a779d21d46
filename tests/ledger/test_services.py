"""Posting: references, accounts, the two phases, batches, closing."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core import clock, context
from apps.core.errors import NotFound
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.domain.refusals import (
    AccountClosed,
    AccountHasPending,
    AccountMissing,
    AlreadyResolved,
    AlreadyReversed,
    CurrencyMismatch,
    EffectiveTooEarly,
    InsufficientBalance,
    NotPending,
    ReferenceReused,
    TransactionMissing,
)
from apps.ledger.models import LedgerAccount, LedgerBalance, LedgerPosting, LedgerTransaction
from apps.ledger.posting_call import refusals

BANK, FEES, LOSSES = chart.bank_settlement(), chart.platform_fees(), chart.platform_losses()
WALLET = chart.wallet("wal_1")


def usd(minor):
    return Money(minor, "usd")


def pay_in(minor, *, to=WALLET, **details):
    """Move money from outside to a wallet."""
    return services.post([Posting(debit=BANK, credit=to, money=usd(minor))], **details)


PAID_IN = [Posting(debit=BANK, credit=WALLET, money=usd(5))]


def balance(code, currency="usd"):
    return queries.balances_by_code([code], currency=currency)[code]


def refused(refusal, call, *args, **kwargs):
    """Run `call` in a savepoint, and return the refusal."""
    before = LedgerPosting.objects.count()
    with pytest.raises(refusal) as raised, transaction.atomic():
        call(*args, **kwargs)
    assert LedgerPosting.objects.count() == before
    return raised.value


def test_a_payment_with_a_fee(book):
    receivable = chart.processor_receivable("sim")
    pending = chart.account_pending(book.account_id)

    posted = services.post(
        [
            Posting(debit=receivable, credit=pending, money=usd(96_80)),
            Posting(debit=receivable, credit=FEES, money=usd(3_20)),
        ],
        reference="charge:ch_1",
        source_id="ch_1",
        details={"type": "charge"},
    )

    assert posted.is_new
    assert queries.balances([receivable, pending, FEES]) == {
        (receivable, "usd"): 100_00,
        (pending, "usd"): 96_80,
        (FEES, "usd"): 3_20,
    }
    row = LedgerTransaction.objects.get(pk=posted.transaction_id)
    assert (row.reference, row.account_id) == ("charge:ch_1", book.account_id)
    assert (row.source_id, row.details, row.metadata) == ("ch_1", {"type": "charge"}, {})
    assert queries.check_drift() == []


def test_posting_is_one_statement(book):
    pay_in(1, reference="first")
    with CaptureQueriesContext(connection) as captured:
        pay_in(1, reference="second")
    assert len(captured) == 1


def test_the_schema_decides_and_not_the_search_path(book):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")
        pay_in(5, reference="first")
        cursor.execute("SET LOCAL search_path TO DEFAULT")
    connection.set_tenant(book)  # type: ignore[attr-defined]
    assert balance(WALLET) == 5


def test_a_reference_is_posted_once(book):
    first = pay_in(100, reference="top-up")
    again = pay_in(100, reference="top-up", metadata={"description": "again"})

    assert again == services.Posted(first.transaction_id, is_new=False)
    assert balance(WALLET) == 100
    refusal = refused(ReferenceReused, pay_in, 101, reference="top-up")
    assert refusal.code == "reference_reused"


def test_accounts_are_opened_by_the_chart_with_their_owner(book):
    with context.amended(account_id="acct_connected"):
        services.post(
            [
                Posting(debit=BANK, credit=WALLET, money=usd(7)),
                Posting(debit=WALLET, credit=chart.account_in_transit("acct_other"), money=usd(7)),
            ],
            reference="first",
        )
    assert set(LedgerAccount.objects.values_list("code", "kind", "account_id", "stripes")) == {
        # What the platform has is its own, whoever posts to it first.
        (BANK, "asset", book.account_id, 16),
        (WALLET, "liability", "acct_connected", 1),
        ("account:acct_other:in_transit", "liability", "acct_other", 1),
    }


def test_an_account_that_is_not_of_the_chart_must_be_there(book):
    refused(AccountMissing, pay_in, 1, to="cash:drawer", reference="first")
    LedgerAccount.objects.create(
        id="lacct_drawer",
        account_id=book.account_id,
        created_at=clock.now(),
        code="cash:drawer",
        currency="usd",
        kind="liability",
        stripes=4,
    )
    pay_in(1, to="cash:drawer", reference="first")
    assert balance("cash:drawer") == 1


def test_one_code_in_two_currencies_is_two_accounts(book):
    pay_in(10, reference="usd")
    services.post([Posting(debit=BANK, credit=WALLET, money=Money(20, "jpy"))], reference="jpy")
    assert queries.balances([WALLET]) == {(WALLET, "usd"): 10, (WALLET, "jpy"): 20}


def test_a_floor_holds(book):
    pay_in(100, reference="top-up")
    refusal = refused(
        InsufficientBalance,
        services.post,
        [Posting(debit=WALLET, credit=FEES, money=usd(101))],
        reference="too-much",
    )
    assert refusal.code == "balance_insufficient"
    services.post([Posting(debit=WALLET, credit=FEES, money=usd(100))], reference="all")
    assert balance(WALLET) == 0
    # A new wallet has its floor from the first posting on.
    new = chart.wallet("wal_new")
    refused(
        InsufficientBalance,
        services.post,
        [Posting(debit=new, credit=FEES, money=usd(1))],
        reference="nothing-there",
    )


def test_a_floor_is_asked_about_after_the_whole_transaction(book):
    other = chart.wallet("wal_2")
    round_trip = [
        Posting(debit=WALLET, credit=other, money=usd(5)),
        Posting(debit=other, credit=WALLET, money=usd(5)),
    ]
    services.post(round_trip, reference="there and back")
    services.post(
        [Posting(debit=WALLET, credit=FEES, money=usd(3)), *PAID_IN], reference="out before in"
    )
    assert (balance(WALLET), balance(other)) == (2, 0)


def test_what_is_available_may_go_below_zero(book):
    available = chart.account_available(book.account_id)
    services.post([Posting(debit=available, credit=BANK, money=usd(5))], reference="refund")
    assert balance(available) == -5


def test_a_pending_transaction_reserves_until_it_is_posted_in_part(book):
    pay_in(100, reference="top-up")
    held = [Posting(debit=WALLET, credit=FEES, money=usd(80))]
    pending = services.post(held, reference="hold", pending=True).transaction_id

    assert (balance(WALLET), balance(FEES)) == (100, 0)
    refused(InsufficientBalance, services.post, held, reference="spend")

    services.post(
        [Posting(debit=WALLET, credit=FEES, money=usd(30))], reference="settle", resolves=pending
    )
    assert (balance(WALLET), balance(FEES)) == (70, 30)
    services.post([Posting(debit=WALLET, credit=FEES, money=usd(70))], reference="spend")
    assert queries.check_drift() == []
    refusal = refused(AlreadyResolved, services.post, [], reference="void", resolves=pending)
    assert refusal.code == "transaction_already_resolved"


def test_a_pending_transaction_is_voided(book):
    pay_in(100, reference="top-up")
    postings = [
        Posting(debit=WALLET, credit=FEES, money=usd(60)),
        Posting(debit=WALLET, credit=LOSSES, money=usd(40)),
    ]
    pending = services.post(postings, reference="hold", pending=True).transaction_id
    voided = services.post([], reference="void", resolves=pending)
    again = services.post([], reference="void", resolves=pending)

    assert (voided.is_new, again) == (True, services.Posted(voided.transaction_id, is_new=False))
    assert balance(WALLET) == 100
    sums = LedgerBalance.objects.filter(account__code=WALLET).values_list(
        "pending_debits_minor", "pending_credits_minor"
    )
    assert list(sums) == [(0, 0)]
    assert queries.check_drift() == []


def test_what_may_still_come_in_cannot_be_spent(book):
    pay_in(100, reference="hold", pending=True)
    refused(
        InsufficientBalance,
        services.post,
        [Posting(debit=WALLET, credit=FEES, money=usd(1))],
        reference="spend",
    )


def test_what_resolves_counts_no_earlier_than_what_it_resolves(book):
    """Else less than nothing would be reserved from the one to the other."""
    tomorrow = clock.now() + timedelta(days=1)
    holds = [
        pay_in(5, reference=name, pending=True, effective_at=tomorrow).transaction_id
        for name in "abc"
    ]
    refusal = refused(
        EffectiveTooEarly,
        services.post,
        PAID_IN,
        reference="early",
        resolves=holds[0],
        effective_at=tomorrow - timedelta(seconds=1),
    )
    assert (refusal.code, refusal.param) == ("effective_at_too_early", "effective_at")
    # Unless given, it is then. Given, an instant stands for its second, as the wire shows it.
    services.post([], reference="void", resolves=holds[0])
    second = tomorrow.replace(microsecond=0)
    services.post(PAID_IN, reference="same", resolves=holds[1], effective_at=second)
    late = tomorrow + timedelta(days=1)
    services.post(PAID_IN, reference="late", resolves=holds[2], effective_at=late)

    found = LedgerTransaction.objects.filter(reference__in=["void", "same", "late"])
    assert dict(found.values_list("reference", "effective_at")) == {
        "void": tomorrow,
        "same": tomorrow,
        "late": late,
    }
    wallet = LedgerAccount.objects.get(code=WALLET)
    for at, pending, posted in ((clock.now(), 0, 0), (tomorrow, 5, 5), (late, 0, 10)):
        balance_then = queries.balance_at(wallet, at=at)
        assert (balance_then.pending_in_minor, balance_then.posted_minor) == (pending, posted)


def test_only_a_pending_transaction_is_resolved(book):
    posted = pay_in(100, reference="top-up").transaction_id
    refused(NotPending, services.post, [], reference="void", resolves=posted)
    refused(NotPending, services.post, [], reference="void", resolves="ltx_nothing")


def test_a_transaction_is_reversed_once(book):
    posted = pay_in(100, reference="top-up").transaction_id
    back = [Posting(debit=WALLET, credit=BANK, money=usd(100))]
    services.post(back, reference="undo", reverses=posted)
    assert balance(WALLET) == 0
    pay_in(100, reference="another")
    refused(AlreadyReversed, services.post, back, reference="undo again", reverses=posted)
    refused(TransactionMissing, services.post, back, reference="undo what", reverses="ltx_nothing")


def test_two_of_a_batch_that_claim_the_same_are_refused_before_they_claim_anything(book):
    """While it came to the second one it would hold what somebody else waits for."""
    posted = pay_in(100, reference="top-up").transaction_id
    pending = pay_in(5, reference="hold", pending=True).transaction_id
    back = (Posting(debit=WALLET, credit=BANK, money=usd(100)),)
    undo = [Draft(back, reference=name, reverses=posted) for name in "ab"]
    void = [Draft((), reference=name, resolves=pending) for name in "cd"]

    with CaptureQueriesContext(connection) as captured:
        for drafts, refusal in ((undo, AlreadyReversed), (void, AlreadyResolved)):
            with pytest.raises(refusal):
                services.post_many(drafts)
    assert len(captured) == 0
    # The same one twice is one.
    first, second = services.post_many([void[0], void[0]])
    assert (first.is_new, second) == (True, services.Posted(first.transaction_id, is_new=False))


def test_it_counts_from_the_time_that_is_given(book):
    last_week = clock.now() - timedelta(days=7)
    posted = pay_in(1, reference="late", effective_at=last_week)
    row = LedgerTransaction.objects.get(pk=posted.transaction_id)
    assert row.effective_at == last_week
    assert row.created_at > last_week
    assert [posting.effective_at for posting in row.postings.all()] == [last_week]


def test_many_are_posted_in_one_statement_and_answered_in_their_order(book):
    pay_in(5, reference="ref-03")
    drafts = [
        Draft(
            postings=(Posting(debit=BANK, credit=WALLET, money=usd(number + 2)),),
            reference=f"ref-{number:02}",
        )
        for number in (9, 3, 7, 3, 1)
    ]
    with CaptureQueriesContext(connection) as captured:
        posted = services.post_many(drafts)

    assert len(captured) == 1
    assert [one.is_new for one in posted] == [True, False, True, False, True]
    found = LedgerTransaction.objects.in_bulk([one.transaction_id for one in posted])
    assert [found[one.transaction_id].reference for one in posted] == [
        draft.reference for draft in drafts
    ]
    assert balance(WALLET) == 5 + 11 + 9 + 3
    assert services.post_many([]) == []


def test_many_are_written_in_the_order_given_whatever_they_are_called(book):
    drafts = [
        Draft(postings=(Posting(debit=BANK, credit=WALLET, money=usd(1)),), reference=reference)
        for reference in ("c", "a", "d", "b", "a")
    ]
    posted = services.post_many(drafts)

    written = LedgerPosting.objects.order_by("id").values_list("transaction__reference", flat=True)
    assert list(written) == ["c", "a", "d", "b"]
    assert [one.is_new for one in posted] == [True, True, True, True, False]


def test_of_many_all_are_posted_or_none(book):
    good = Draft(postings=(Posting(debit=BANK, credit=WALLET, money=usd(1)),), reference="a")
    bad = Draft(postings=(Posting(debit=WALLET, credit=BANK, money=usd(2)),), reference="b")
    refused(InsufficientBalance, services.post_many, [good, bad])
    assert balance(WALLET) == 0


def test_a_closed_account_takes_nothing(book):
    pay_in(10, reference="top-up")
    account = LedgerAccount.objects.get(code=WALLET)
    services.close_account(account.pk, now=clock.now())
    services.close_account(account.pk, now=clock.now())

    refusal = refused(AccountClosed, pay_in, 1, reference="more")
    assert refusal.code == "ledger_account_closed"
    refused(AccountClosed, pay_in, 1, reference="hold", pending=True)
    assert balance(WALLET) == 10
    with pytest.raises(NotFound):
        services.close_account("lacct_nothing", now=clock.now())


@pytest.mark.parametrize("side", [BANK, WALLET])
def test_an_account_on_which_something_is_reserved_stays_open(book, side):
    pending = pay_in(3, reference="hold", pending=True).transaction_id
    account = LedgerAccount.objects.get(code=side)

    refusal = refused(AccountHasPending, services.close_account, account.pk, now=clock.now())
    assert refusal.code == "ledger_account_has_pending"
    services.post([], reference="void", resolves=pending)
    services.close_account(account.pk, now=clock.now())
    refused(AccountClosed, pay_in, 1, reference="more")


def test_an_account_of_many_rows_that_was_never_used_can_be_closed(book):
    account = LedgerAccount.objects.create(
        id="lacct_unused",
        account_id=book.account_id,
        created_at=clock.now(),
        code=FEES,
        currency="usd",
        kind="revenue",
        stripes=16,
    )
    services.close_account(account.pk, now=clock.now())
    refused(AccountClosed, pay_in, 1, to=FEES, reference="more")
    assert LedgerBalance.objects.filter(account=account).count() == 16


def test_a_refusal_names_the_currency(book):
    """`post` finds accounts by code and currency; only a direct INSERT can mix them."""
    posted = pay_in(10, reference="usd").transaction_id
    services.post([Posting(debit=BANK, credit=WALLET, money=Money(20, "jpy"))], reference="jpy")
    bank = LedgerAccount.objects.get(code=BANK, currency="usd")
    wallet = LedgerAccount.objects.get(code=WALLET, currency="jpy")
    row = LedgerPosting.objects.get(transaction=posted)

    def mix():
        with refusals():
            LedgerPosting.objects.create(
                transaction_id=posted,
                position=1,
                debit=bank,
                credit=wallet,
                amount_minor=1,
                currency="usd",
                layer="posted",
                effective_at=row.effective_at,
            )

    assert refused(CurrencyMismatch, mix).code == "currency_mismatch"


def test_it_must_be_inside_a_transaction(committed_environment):
    with pytest.raises(AssertionError):
        pay_in(1, reference="alone")
