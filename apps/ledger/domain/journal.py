"""Journals: entries on two sides that become postings by a fixed rule, and are read back as given.

The rule, for each currency by itself: the first debit that is not used up meets the first credit
that is not used up, in the order in which they were given, and the smaller of the two rests is a
posting. n entries make fewer than n postings. Each posting remembers which entries its sides are of
(`debit_line`, `credit_line`), so adding up by line gives the journal back.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain.chart import Side
from apps.ledger.domain.postings import ENTRIES_MAX, Posting
from apps.ledger.domain.refusals import InvalidPosting, JournalUnbalanced


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a journal: `money` on one side of the account with this code."""

    account: str
    side: Side
    money: Money


@dataclass(slots=True)
class _Rest:
    """What is left of a line."""

    number: int
    account: str
    minor: int


def to_postings(lines: Sequence[Line]) -> tuple[Posting, ...]:
    """Return the postings of a journal, in the order in which the rule makes them.

    :raises JournalUnbalanced: in some currency, debits are not credits.
    :raises InvalidPosting: fewer than two entries, or too many; an amount out of range; an account
        on both sides, in one currency.
    """
    _check(lines)
    postings: list[Posting] = []
    for currency in dict.fromkeys(line.money.currency for line in lines):
        debited, credited = (
            [
                _Rest(number, line.account, line.money.minor)
                for number, line in enumerate(lines)
                if line.money.currency == currency and line.side is side
            ]
            for side in (Side.DEBIT, Side.CREDIT)
        )
        postings += _pair(debited, credited, currency)
    return tuple(postings)


def to_lines(postings: Iterable[Posting]) -> list[Line]:
    """Return the journal that `postings` were made of, as it was given."""
    sums: dict[int, int] = defaultdict(int)
    sides: dict[int, tuple[str, Side, str]] = {}
    for posting in postings:
        for number, account, side in (
            (posting.debit_line, posting.debit, Side.DEBIT),
            (posting.credit_line, posting.credit, Side.CREDIT),
        ):
            assert number is not None, "These postings were not made of a journal."
            sums[number] += posting.money.minor
            sides[number] = (account, side, posting.money.currency)
    return [
        Line(account=account, side=side, money=Money(sums[number], currency))
        for number, (account, side, currency) in sorted(sides.items())
    ]


def _pair(debited: list[_Rest], credited: list[_Rest], currency: str) -> Iterable[Posting]:
    """Yield the postings of one currency, whose debits come to what its credits come to."""
    place = 0
    for debit in debited:
        while debit.minor:
            credit = credited[place]
            minor = min(debit.minor, credit.minor)
            yield Posting(
                debit=debit.account,
                credit=credit.account,
                money=Money(minor, currency),
                debit_line=debit.number,
                credit_line=credit.number,
            )
            debit.minor -= minor
            credit.minor -= minor
            if not credit.minor:
                place += 1


def _check(lines: Sequence[Line]) -> None:
    if not 2 <= len(lines) <= ENTRIES_MAX:
        raise InvalidPosting(f"A journal has 2 to {ENTRIES_MAX:,} entries.", param="entries")
    sums: dict[str, int] = defaultdict(int)
    sides: dict[tuple[str, str], Side] = {}
    for index, line in enumerate(lines):
        if not 0 < line.money.minor <= MAX_MINOR:
            raise InvalidPosting(
                "An amount is from 1 to 10^15 minor units.", param=f"entries[{index}][amount]"
            )
        if sides.setdefault((line.account, line.money.currency), line.side) is not line.side:
            raise InvalidPosting(
                "An account is on one side of a journal only, in one currency.",
                param=f"entries[{index}][account]",
            )
        sign = 1 if line.side is Side.DEBIT else -1
        sums[line.money.currency] += sign * line.money.minor
    for currency, minor in sums.items():
        if minor:
            more = Side.DEBIT if minor > 0 else Side.CREDIT
            raise JournalUnbalanced(
                f"The {more}s in {currency} are {abs(minor)} minor units more than the other side.",
                param="entries",
            )
