"""The tree of accounts: every account is in it once, and every branch is the sum of its leaves."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.core import context
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Kind, Posting, chart
from apps.ledger.domain.tree import DEPTH_MAX, Branch, Leaf, Sum, grow
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import tree

BANK = chart.bank_settlement()
WALLETS = 130


def pay_in(code, minor, currency="usd"):
    posting = Posting(debit=BANK, credit=code, money=Money(minor, currency))
    return Draft(postings=(posting,), reference=f"in:{code}:{currency}")


@pytest.fixture
def wide(environment):
    """A book with more wallets than are read at once; some are branches too, some have yen."""
    drafts = [pay_in(chart.wallet(f"wal_{n}"), 100 + n) for n in range(WALLETS)]
    drafts += [pay_in(chart.wallet_held(f"wal_{n}"), 7) for n in range(0, WALLETS, 3)]
    drafts += [pay_in(chart.wallet(f"wal_{n}"), 5, "jpy") for n in range(0, WALLETS, 10)]
    services.post_many(drafts)
    reserved = Posting(debit=chart.wallet("wal_3"), credit=BANK, money=Money(50, "usd"))
    services.post([reserved], reference="reserved", pending=True)
    return environment


def unfolded(kind, *, start=""):
    """Return the branches in a branch, all read: page after page, level after level."""
    level = tree.read_level(kind=kind, start=start)
    found = list(level.branches)
    while level.after:
        level = tree.read_level(kind=kind, start=start, after=level.after)
        found += level.branches
    for branch in found:
        if branch.children is None:
            branch.children = unfolded(kind, start=branch.start)
    return found


def leaves_of(branch):
    own = [*branch.leaves]
    for child in branch.children or ():
        own += leaves_of(child)
    return own


def check_sums(branch: Branch) -> None:
    """Check that a branch and all branches in it are the sums of their leaves."""
    leaves = leaves_of(branch)
    sums: dict[str, Sum] = {}
    for leaf in leaves:
        sums.setdefault(leaf.currency, Sum()).add(leaf.sum)
        assert leaf.code == branch.code or leaf.code.startswith(f"{branch.code}:")
    assert (branch.sums, branch.count) == (sums, len(leaves))
    for child in branch.children or ():
        check_sums(child)


def test_every_account_is_in_the_tree_once_with_what_it_has(wide):
    shown = [leaf for kind in Kind for branch in unfolded(kind) for leaf in leaves_of(branch)]

    assert Counter(leaf.id for leaf in shown) == Counter(
        LedgerAccount.objects.values_list("id", flat=True)
    )
    balances = queries.balances([leaf.code for leaf in shown])
    assert {(one.code, one.currency): one.sum.posted_minor for one in shown} == balances
    reserved = {one.code: one.sum.pending_minor for one in shown if one.sum.pending_minor}
    assert reserved == {BANK: -50, chart.wallet("wal_3"): -50}


def test_every_branch_is_the_sum_of_its_leaves(wide):
    for kind in Kind:
        for branch in unfolded(kind):
            check_sums(branch)


def test_what_is_large_is_read_a_level_and_a_page_at_a_time(wide):
    (wallets,) = tree.read_level(kind=Kind.LIABILITY).branches
    assert (wallets.code, wallets.children) == ("wallet", None)
    first = tree.read_level(kind=Kind.LIABILITY, start="wallet:")
    assert len(first.branches) == tree.PAGE
    assert first.after == first.branches[-1].code
    second = tree.read_level(kind=Kind.LIABILITY, start="wallet:", after=first.after)
    assert len(second.branches) == WALLETS - tree.PAGE
    assert second.after is None
    names = [branch.name for branch in (*first.branches, *second.branches)]
    assert names == sorted(names)


def test_what_is_small_is_read_whole(wide):
    (wallet,) = [
        branch
        for branch in tree.read_level(kind=Kind.LIABILITY, start="wallet:").branches
        if branch.name == "wal_0"
    ]
    assert wallet.children is None
    (held,) = tree.read_level(kind=Kind.LIABILITY, start=wallet.start).branches
    assert (held.code, held.children) == ("wallet:wal_0:held", [])
    # One whose code begins alike is another one.
    assert tree.read_level(kind=Kind.LIABILITY, start="wallet:wal_:").branches == []
    (bank,) = tree.read_level(kind=Kind.ASSET).branches
    assert [child.code for child in bank.children or ()] == [BANK]


def test_a_level_costs_two_statements_however_wide_it_is(wide):
    for start in ("", "wallet:", "wallet:wal_0:"):
        with CaptureQueriesContext(connection) as captured:
            tree.read_level(kind=Kind.LIABILITY, start=start)
        assert len(captured) <= 2


def test_kinds_come_to_the_sums_of_their_accounts(wide):
    totals = tree.read_kinds()
    (wallets,) = unfolded(Kind.LIABILITY)

    assert totals[Kind.LIABILITY].sums == wallets.sums
    assert totals[Kind.LIABILITY].count == wallets.count
    assert totals[Kind.ASSET].sums == totals[Kind.LIABILITY].sums
    assert totals[Kind.REVENUE].count == 0


def test_the_book_of_another_environment_is_not_in_the_tree(wide, other_environment):
    with context.enter(other_environment, by="system"):
        assert tree.read_level(kind=Kind.LIABILITY).branches == []


codes = (
    st.lists(st.sampled_from(["a", "b", "cc", ""]), min_size=1, max_size=12)
    .map(":".join)
    .filter(bool)
)


@given(st.lists(st.tuples(codes, st.integers(-100, 100)), max_size=30))
def test_a_tree_is_grown_of_any_codes(given_codes):
    by_code = dict(given_codes)
    leaves = [
        Leaf(f"lacct_{code}", code, "usd", "", False, Sum(minor)) for code, minor in by_code.items()
    ]
    branches = grow(sorted(leaves, key=lambda leaf: leaf.code), start="")

    found = [leaf for branch in branches for leaf in leaves_of(branch)]
    assert sorted(leaf.code for leaf in found) == sorted(by_code)
    for branch in branches:
        check_sums(branch)
        assert depth(branch) <= DEPTH_MAX


def depth(branch):
    return 1 + max(map(depth, branch.children or ()), default=0)
