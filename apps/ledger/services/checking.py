"""The steps of a round of verification: each looks at a bounded part of the book.

A round goes through the seals, what is not sealed yet, the transactions, the accounts, the chart.
Whatever is compared with each other is read by one statement, or never changes: so what is posted
meanwhile is never taken for a fault.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final, NamedTuple

from apps.ledger.domain import canonical
from apps.ledger.domain.findings import Check, Finding
from apps.ledger.domain.seals import GENESIS, seal_hash
from apps.ledger.models import LedgerSeal
from apps.ledger.queries import seals
from apps.ledger.queries.checks import balances, chart, postings
from apps.ledger.queries.checks.balances import Interval, WrongSums
from apps.ledger.queries.checks.chart import Coverage, Totals
from apps.ledger.queries.seals import PostingRow
from apps.ledger.services.sealing import root_of

# Of one step: some tenths of a second.
POSTINGS_PER_STEP = 10_000
SEALS_PER_STEP = 1_000
TRANSACTIONS_PER_STEP = 5_000
INTERVALS_PER_STEP = 500
# Suspects are looked for in so many seals of a step.
SUSPECTED_MAX = 10
_BEFORE_ALL: Final = ("", "-infinity")

Place = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What a step found, and where the next one begins; None: the round is over."""

    findings: Sequence[Finding]
    next: Place | None
    seals: int = 0
    postings: int = 0
    accounts: int = 0
    coverages: Sequence[Coverage] = field(default_factory=list)


class Link(NamedTuple):
    """A seal, as the next one has to follow it."""

    number: int
    last_posting: int
    hash: str


FIRST: Final = Link(0, 0, GENESIS)


def start() -> Place:
    """Return where a round begins."""
    return {"phase": "seals", **FIRST._asdict()}


def take_step(at: Place) -> Step:
    """Look at the part of the book that begins at `at`."""
    rest = {name: value for name, value in at.items() if name != "phase"}
    return _PHASES[at["phase"]](**rest)


def check_seals(waiting: Sequence[LedgerSeal], *, before: Link) -> list[Finding]:
    """Return what is wrong with seals that follow each other, and with the postings in them.

    A few queries, however many they are: books in which little happens have many small seals.

    :param before: the seal before the first of them.
    """
    after = _first_after(waiting[0], before=before)
    until = waiting[-1].last_posting
    rows = seals.read_postings(after=after, until=until)
    ids = [row.id for row in rows]
    found: list[Finding] = []
    for seal in waiting:
        first = _first_after(seal, before=before)
        found += _check_link(seal, before=before)
        own = rows[bisect_right(ids, first) : bisect_right(ids, seal.last_posting)]
        found += _check_content(seal, own, after=first, is_first=len(found) < SUSPECTED_MAX)
        before = link_of(seal)
    return found + _check_postings(rows, after=after, until=until)


def link_of(seal: LedgerSeal) -> Link:
    """Return a seal as the next one has to follow it."""
    return Link(seal.number, seal.last_posting, seal.hash)


def portion(waiting: Sequence[LedgerSeal]) -> Sequence[LedgerSeal]:
    """Return the first of `waiting`: those with the postings of one step, one at least."""
    counts = accumulate(seal.posting_count for seal in waiting)
    return waiting[: max(1, sum(count <= POSTINGS_PER_STEP for count in counts))]


def _first_after(seal: LedgerSeal, *, before: Link) -> int:
    """Return the last posting before a seal: where the one before ends, unless that is missing."""
    return before.last_posting if seal.number == before.number + 1 else seal.after_posting


def _check_link(seal: LedgerSeal, *, before: Link) -> list[Finding]:
    """Return what is wrong with a seal by itself, and after the one before."""
    where = {"seal": seal.number}
    found = [
        Finding(Check.SEAL, {"seal": missing}, "it is missing")
        for missing in range(before.number + 1, min(seal.number, before.number + 11))
    ]
    if not found and seal.previous_hash != before.hash:
        message = "it does not follow the seal before"
        found.append(Finding(Check.SEAL, where, message, before.hash, seal.previous_hash))
    if seal.number == before.number + 1 and seal.after_posting != before.last_posting:
        found.append(Finding(Check.SEAL, where, "it does not begin where the one before ends"))
    expected = seal_hash(seals.header_of(seal))
    if seal.hash != expected:
        message = "its hash is not that of what it says"
        found.append(Finding(Check.SEAL, where, message, expected, seal.hash))
    return found


def _check_content(
    seal: LedgerSeal, rows: Sequence[PostingRow], *, after: int, is_first: bool
) -> list[Finding]:
    """Return whether the postings of a seal are not those that were sealed.

    :param after: the last posting before them.
    :param is_first: it is one of the first with a finding, so that suspects are looked for.
    """
    root = root_of(rows)
    if (root, len(rows)) == (seal.root, seal.posting_count):
        return []
    message = "its postings are not those that were sealed"
    if len(rows) != seal.posting_count:
        message = f"it has {len(rows)} postings, and not {seal.posting_count}"
    suspects = []
    if is_first:
        suspects = postings.suspects(seal=seal.number, after=after, until=seal.last_posting)
    return [Finding(Check.SEAL, {"seal": seal.number}, message, root, seal.root, suspects)]


def _check_postings(rows: Sequence[PostingRow], *, after: int, until: int) -> list[Finding]:
    """Return what is wrong with postings, and with the transactions that they are of."""
    found = [
        Finding(
            Check.POSTING,
            {"transaction": row.transaction_id, "position": row.position},
            "; ".join(row.faults),
        )
        for row in rows
        if row.faults
    ]
    found += [
        Finding(Check.TRANSACTION, {"transaction": transaction}, message)
        for transaction, message in postings.wrong_links(after=after, until=until)
    ]
    found += [
        Finding(
            Check.TRANSACTION,
            {"transaction": transaction, "currency": currency},
            "its entries do not add up to zero",
            0,
            total,
        )
        for transaction, currency, total in postings.unbalanced(after=after, until=until)
    ]
    return found


def _check_seals(**at: Any) -> Step:
    before = Link(**at)
    waiting = portion(seals.next_seals(after=before.number, limit=SEALS_PER_STEP))
    if not waiting:
        return _check_end_of_chain(before)
    return Step(
        check_seals(waiting, before=before),
        {"phase": "seals", **link_of(waiting[-1])._asdict()},
        seals=len(waiting),
        postings=sum(seal.posting_count for seal in waiting),
    )


def _check_end_of_chain(last: Link) -> Step:
    """Compare the end of the chain with what the book says of it."""
    sealed_until, number = postings.end_of_chain()
    if number > last.number:
        # One more was made since we looked.
        return Step([], {"phase": "seals", **last._asdict()})
    found = []
    if (number, sealed_until) != (last.number, last.last_posting):
        message = "the book says that it is sealed up to another posting"
        where = {"seal": last.number}
        found.append(Finding(Check.SEAL, where, message, last.last_posting, sealed_until))
    until = seals.newest_posting()
    return Step(found, {"phase": "unsealed", "after": last.last_posting, "until": until})


def _check_unsealed(*, after: int, until: int) -> Step:
    rows = seals.read_postings(after=after, until=until, limit=POSTINGS_PER_STEP)
    if not rows:
        return Step([], {"phase": "transactions", "after": ""})
    last = rows[-1].id
    found = _check_postings(rows, after=after, until=last)
    following = {"phase": "unsealed", "after": last, "until": until}
    return Step(found, following, postings=len(rows))


def _check_transactions(*, after: str) -> Step:
    last, bare = postings.bare_transactions(after=after, limit=TRANSACTIONS_PER_STEP)
    if last is None:
        account_id, ends_at = _BEFORE_ALL
        return Step([], {"phase": "accounts", "account": account_id, "ends_at": ends_at})
    found = [Finding(Check.TRANSACTION, {"transaction": one}, "it has no postings") for one in bare]
    return Step(found, {"phase": "transactions", "after": last})


def _check_accounts(*, account: str, ends_at: str) -> Step:
    after = (account, ends_at)
    intervals = _some(balances.next_intervals(after=after, limit=INTERVALS_PER_STEP))
    if not intervals:
        return Step([], {"phase": "chart"})
    last = intervals[-1]
    complete = [interval.account_id for interval in intervals if interval.is_last]
    found = [
        _wrong(Check.SNAPSHOT, wrong, "the snapshot does not add what lies before it")
        for wrong in balances.wrong_intervals(after=after, until=last)
    ]
    found += [
        _wrong(Check.BALANCE, wrong, "the balance is not the sum of the entries")
        for wrong in balances.wrong_balances(complete)
    ]
    found += [
        Finding(Check.ACCOUNT, {"account": code, "currency": currency}, message)
        for code, currency, message in balances.wrong_accounts(complete)
    ]
    following = {"phase": "accounts", "account": last.account_id, "ends_at": last.ends_at}
    return Step(found, following, accounts=len(complete))


def _some(intervals: Sequence[Interval]) -> Sequence[Interval]:
    """Return the first of `intervals`: as many as have the entries of one step, one at least."""
    entries = 0
    for number, interval in enumerate(intervals):
        entries += interval.entries
        if number and entries > 2 * POSTINGS_PER_STEP:
            return intervals[:number]
    return intervals


def _wrong(check: Check, wrong: WrongSums, message: str) -> Finding:
    where = {"account": wrong.code, "currency": wrong.currency}
    if wrong.at is not None:
        where["before"] = wrong.at
    return Finding(check, where, message, wrong.entries, wrong.said)


def _check_chart() -> Step:
    found = [finding for total in chart.totals() for finding in _equations(total)]
    found += [
        Finding(Check.ACCOUNT, {"account": account_id}, "it has a balance, and is not there")
        for account_id in balances.orphans()
    ]
    closed_before, ends_at = chart.closings()
    if closed_before != ends_at:
        message = "it is not closed before the end of the last closed period"
        expected, written = (
            when and canonical.instant_text(when) for when in (ends_at, closed_before)
        )
        found.append(Finding(Check.CHART, {}, message, expected, written))
    return Step(found, None, coverages=chart.coverages())


def _equations(total: Totals) -> list[Finding]:
    """Return the equations of the chart that do not hold in one currency."""
    equations = (
        ("all debits are all credits", total.debits, total.credits),
        ("all pending debits are all pending credits", total.pending_debits, total.pending_credits),
        (
            "assets = liabilities + equity + revenue - expense",
            total.asset,
            total.liability + total.equity + total.revenue - total.expense,
        ),
    )
    return [
        Finding(Check.CHART, {"currency": total.currency}, f"not so: {equation}", left, right)
        for equation, left, right in equations
        if left != right
    ]


_PHASES: Final[dict[str, Callable[..., Step]]] = {
    "seals": _check_seals,
    "unsealed": _check_unsealed,
    "transactions": _check_transactions,
    "accounts": _check_accounts,
    "chart": _check_chart,
}
