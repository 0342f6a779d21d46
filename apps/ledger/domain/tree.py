"""The accounts as a tree, by the parts of their codes: `account:acct_1:pending` is three deep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

SEPARATOR: Final = ":"
# What is deeper than this is not split further: a code of eighty parts is one branch in the end.
DEPTH_MAX: Final = 8


@dataclass(slots=True)
class Sum:
    """What accounts of one kind have in one currency, in the direction in which they grow.

    :ivar pending_minor: by how much it would grow if all that is pending were posted.
    """

    posted_minor: int = 0
    pending_minor: int = 0

    def add(self, other: "Sum") -> None:
        """Add what others have."""
        self.posted_minor += other.posted_minor
        self.pending_minor += other.pending_minor


@dataclass(frozen=True, slots=True)
class Leaf:
    """An account: a code in one currency."""

    id: str
    code: str
    currency: str
    name: str
    is_closed: bool
    sum: Sum


@dataclass(slots=True)
class Branch:
    """Everything whose code is `code`, or begins with it and a colon.

    :ivar name: what it is called in the branch that it is in.
    :ivar leaves: the accounts whose code it is, one for each currency.
    :ivar children: the branches in it, in order; None: there are some, and they are not read yet.
    :ivar count: the number of accounts in it.
    :ivar sums: what they have together, by currency.
    """

    code: str
    name: str
    leaves: list[Leaf] = field(default_factory=list)
    children: "list[Branch] | None" = field(default_factory=list)
    count: int = 0
    sums: dict[str, Sum] = field(default_factory=dict)

    @property
    def start(self) -> str:
        """Return how the codes in it begin."""
        return self.code + SEPARATOR

    @property
    def totals(self) -> list[tuple[str, Sum]]:
        """Return the sums in the order of the currencies."""
        return sorted(self.sums.items(), key=lambda item: item[0])

    def add(self, currency: str, total: Sum, *, count: int) -> None:
        """Count accounts in."""
        self.count += count
        self.sums.setdefault(currency, Sum()).add(total)


def grow(leaves: Iterable[Leaf], *, start: str) -> list[Branch]:
    """Return the branches of accounts whose codes all begin with `start`, with all that is in them.

    :param start: ends with a colon; empty: all accounts.
    """
    found: list[Branch] = []
    known: dict[str, Branch] = {}
    for leaf in leaves:
        inside, before = found, start
        for code in _codes(leaf.code, start=start):
            if code not in known:
                known[code] = Branch(code, code.removeprefix(before))
                inside.append(known[code])
            branch = known[code]
            branch.add(leaf.currency, leaf.sum, count=1)
            assert branch.children is not None, "What is grown is whole."
            inside, before = branch.children, branch.start
        branch.leaves.append(leaf)
    for siblings in (found, *(branch.children or [] for branch in known.values())):
        siblings.sort(key=lambda one: one.code)
    return found


def _codes(code: str, *, start: str) -> Sequence[str]:
    """Return the codes of the branches that lead to an account, its own last."""
    ends = [at for at in range(len(start), len(code)) if code[at] == SEPARATOR]
    return [*(code[:end] for end in ends[: DEPTH_MAX - 1]), code]
