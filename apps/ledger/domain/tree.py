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
    """Everything whose code is `path`, or begins with it and a colon.

    :ivar name: what it is called below its parent.
    :ivar leaves: the accounts whose code it is, one for each currency.
    :ivar children: the branches in it, in order; None: there are some, and they are not read yet.
    :ivar count: the number of accounts in it.
    :ivar sums: what they have together, by currency.
    """

    path: str
    name: str
    leaves: list[Leaf] = field(default_factory=list)
    children: "list[Branch] | None" = field(default_factory=list)
    count: int = 0
    sums: dict[str, Sum] = field(default_factory=dict)

    @property
    def totals(self) -> list[tuple[str, Sum]]:
        """Return the sums in the order of the currencies."""
        return sorted(self.sums.items(), key=lambda item: item[0])

    def add(self, currency: str, total: Sum, *, count: int) -> None:
        """Count accounts in."""
        self.count += count
        self.sums.setdefault(currency, Sum()).add(total)


def grow(leaves: Iterable[Leaf], *, below: str) -> list[Branch]:
    """Return the branches directly below the path `below`, with all that is in them.

    :param leaves: all accounts below it; in the order of their codes, so are the branches.
    :param below: a path; empty: the root.
    """
    root = Branch(below, "")
    known = {below: root}
    for leaf in leaves:
        here = root
        for path in _paths(leaf.code, below=below):
            if path not in known:
                known[path] = Branch(path, path[len(here.path) :].removeprefix(SEPARATOR))
                assert here.children is not None, "What is grown here is whole."
                here.children.append(known[path])
            here = known[path]
            here.add(leaf.currency, leaf.sum, count=1)
        here.leaves.append(leaf)
    for branch in known.values():
        assert branch.children is not None, "What is grown here is whole."
        branch.children.sort(key=lambda one: one.path)
    return root.children or []


def _paths(code: str, *, below: str) -> Sequence[str]:
    """Return the paths that lead from `below` to a code, the code itself last."""
    start = len(below) + 1 if below else 0
    ends = [at for at in range(start, len(code)) if code[at] == SEPARATOR]
    return [*(code[:end] for end in ends[: DEPTH_MAX - 1]), code]
