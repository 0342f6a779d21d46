"""Balances at any time, compared with adding up all entries in Python, whatever was snapshot."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.ledger import queries
from apps.ledger.models import LedgerEntry, LedgerSnapshot
from apps.ledger.queries import EntryFilter
from tests.ledger.drawn import NOON, SECOND, books, exploring, fill, instants, rolled_back
from tests.ledger.recorded import open_account, record, seal, sums_of, take_snapshot, tally


@exploring
@given(**books, at=instants, known_at=instants)
def test_a_balance_is_the_sum_of_what_counted_then_and_was_known_then(
    environment, recorded, sealed, cut_offs, at, known_at
):
    with rolled_back():
        account = fill(recorded, sealed=sealed, cut_offs=cut_offs)

        found = queries.balance_at(account, at=at, known_at=known_at)

        then = [
            entry
            for entry in LedgerEntry.objects.filter(account=account).select_related("transaction")
            if (at is None or entry.effective_at < at + SECOND)
            and (known_at is None or entry.transaction.created_at < known_at + SECOND)
        ]
        assert sums_of(found) == tally(then)
        assert (found.at, found.known_at) == (at, known_at)


@exploring
@given(**books, limit=st.integers(1, 5), layer=st.sampled_from([None, "posted", "pending"]))
def test_entries_come_in_pages_with_the_balance_after_each(
    environment, recorded, sealed, cut_offs, limit, layer
):
    with rolled_back():
        account = fill(recorded, sealed=sealed, cut_offs=cut_offs)
        rows = list(
            LedgerEntry.objects.filter(account=account).order_by("effective_at", "posting_id")
        )
        balance, expected = 0, []
        for entry in rows:
            balance += entry.amount_minor if entry.layer == "posted" else 0
            if layer in (None, entry.layer):
                expected.append((entry.id, balance))

        assert read_backwards(account, limit=limit, layer=layer) == expected[::-1]
        assert read_forwards(account, limit=limit, layer=layer) == expected
        alone = {one.id: one.balance_minor for one in queries.find_entries(dict(expected)).values()}
        assert alone == dict(expected)


def read_backwards(account, *, limit, layer) -> list[tuple[str, int]]:
    """Return ids and balances of all entries, page after page, the latest first."""
    found: list[tuple[str, int]] = []
    place = None
    while page := queries.list_account_entries(
        account, wanted=EntryFilter(layer=layer), limit=limit, after=place
    ):
        found += [(entry.id, entry.balance_minor) for entry in page]
        place = queries.find_place(account, page[-1].id)
    return found


def read_forwards(account, *, limit, layer) -> list[tuple[str, int]]:
    """Return ids and balances of all entries, page after page, the earliest first."""
    wanted = EntryFilter(layer=layer)
    newest_first = queries.list_account_entries(account, wanted=wanted, limit=1_000)
    if not newest_first:
        return []
    page = newest_first[-1:]
    found = [(page[0].id, page[0].balance_minor)]
    while page := queries.list_account_entries(
        account, wanted=wanted, limit=limit, before=queries.find_place(account, page[0].id)
    ):
        found += [(entry.id, entry.balance_minor) for entry in reversed(page)]
    return found


@pytest.fixture
def account(environment):
    return open_account("mine")


def test_an_instant_is_its_whole_second(account):
    other = open_account("theirs")
    record(account, other, 5, effective_at=NOON + timedelta(milliseconds=999))
    record(account, other, 7, effective_at=NOON + SECOND)

    assert queries.balance_at(account, at=NOON).posted_minor == 5
    assert queries.balance_at(account, known_at=NOON).posted_minor == 5
    assert queries.balance_at(account, at=NOON + SECOND, known_at=NOON).posted_minor == 5
    assert queries.balance_at(account).posted_minor == 12


def test_what_is_known_later_changes_what_was_and_not_what_was_known(account):
    other = open_account("theirs")
    tomorrow = NOON + timedelta(days=1)
    record(account, other, 5, effective_at=NOON)
    record(account, other, 7, effective_at=NOON, created_at=tomorrow)
    record(account, other, 11, effective_at=tomorrow, created_at=NOON)

    def posted(**instants):
        return queries.balance_at(account, **instants).posted_minor

    assert posted(at=NOON) == 5 + 7
    assert posted(at=NOON, known_at=NOON) == 5
    assert posted(known_at=NOON) == 5 + 11
    assert posted(at=tomorrow, known_at=tomorrow) == 5 + 7 + 11


def test_every_question_is_one_statement(account, django_assert_num_queries):
    for at, known_at in ((None, None), (NOON, None), (None, NOON), (NOON, NOON)):
        with django_assert_num_queries(1):
            queries.balance_at(account, at=at, known_at=known_at)
    with django_assert_num_queries(1):
        queries.list_account_entries(account, wanted=EntryFilter(), limit=10)


def test_a_snapshot_is_what_is_read_of_long_ago(account):
    """A snapshot that lies is believed: nothing before it is read. (Verification finds the lie.)"""
    other = open_account("theirs")
    record(account, other, 5, effective_at=NOON)
    record(account, other, 7, effective_at=NOON + SECOND)
    seal(until=LedgerEntry.objects.latest("posting_id").posting_id)
    take_snapshot(account, cut_off_at=NOON + SECOND)
    LedgerSnapshot.objects.update(debits_minor=1_000)

    assert queries.balance_at(account, at=NOON + SECOND).posted_minor == 1_007
    (newest,) = queries.list_account_entries(account, wanted=EntryFilter(), limit=1)
    assert newest.balance_minor == 1_007
