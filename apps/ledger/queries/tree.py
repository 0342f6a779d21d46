"""The accounts as a tree: a level at a time, added up by PostgreSQL, whatever the number.

Nothing here is of one owner: an operator sees the whole book of the environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.ledger.domain import Kind
from apps.ledger.domain.tree import SEPARATOR, Branch, Leaf, Sum, grow
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import sums
from apps.ledger.queries.balances import in_direction

# A part of the tree with at most so many accounts is read at once, with all that is in it.
WHOLE_MAX = 100
# Of a larger one, so many branches are read at a time.
PAGE = 100
# What sorts right after the separator: all that begins with `a:` is from `a:` to before `a;`.
_NEXT = chr(ord(SEPARATOR) + 1)


@dataclass(frozen=True, slots=True)
class Level:
    """The branches in a branch, or some of them.

    :ivar after: the code after which the next page begins, if there is one.
    """

    branches: list[Branch] = field(default_factory=list)
    after: str | None = None


def read_level(*, kind: Kind, start: str = "", after: str = "") -> Level:
    """Return the branches in a branch, of the accounts of one kind. Two statements at most.

    :param start: how the codes in the branch begin, with a colon at the end; empty: all.
    :param after: a code; only the branches that sort after it are wanted.
    """
    wanted = {
        "kind": kind.value,
        "start": start,
        "end": start[:-1] + _NEXT if start else None,
        "skip": len(start),
        "after": after.removeprefix(start) if after else None,
    }
    if not after:
        rows = _run(_WHOLE, {**wanted, "limit": WHOLE_MAX + 1})
        if len(rows) <= WHOLE_MAX:
            return Level(grow([_leaf(kind, *row) for row in rows], start=start))
    branches = _branches(kind, start, _run(_GROUPED, {**wanted, "limit": PAGE + 1}))
    if len(branches) <= PAGE:
        return Level(branches)
    return Level(branches[:PAGE], after=branches[PAGE - 1].code)


def read_kinds() -> Mapping[Kind, Branch]:
    """Return what the accounts of each kind have together, in one statement."""
    totals = {kind: Branch("", "", children=None) for kind in Kind}
    for kind, currency, count, posted, pending in _run(_KINDS, {}):
        total = _sum(Kind(kind), posted, pending)
        totals[Kind(kind)].add(currency, total, count=count)
    return totals


def read_currencies() -> list[str]:
    """Return the currencies in which there are accounts, in order."""
    rows = LedgerAccount.objects.order_by("currency").values_list("currency", flat=True)
    return list(rows.distinct())


def _run(text: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sums.run(text, parameters, inside=_INSIDE, both=_BOTH)


def _branches(kind: Kind, start: str, rows: list[tuple[Any, ...]]) -> list[Branch]:
    """Return the branches of the rows of `_GROUPED`: one for each part and currency."""
    found: dict[str, Branch] = {}
    for part, currency, count, posted, pending, account_id, *own in rows:
        code = f"{start}{part}"
        branch = found.setdefault(code, Branch(code, part, children=None))
        branch.add(currency, _sum(kind, posted, pending), count=count)
        if account_id is not None:
            name, is_closed, *sums_ = own
            branch.leaves.append(_leaf(kind, account_id, code, currency, name, is_closed, *sums_))
    for branch in found.values():
        if branch.count == len(branch.leaves):
            branch.children = []
    return list(found.values())


def _leaf(kind: Kind, account_id: str, code: str, *rest: Any) -> Leaf:
    currency, name, is_closed, posted, pending = rest
    return Leaf(account_id, code, currency, name, is_closed, _sum(kind, posted, pending))


def _sum(kind: Kind, posted: int, pending: int) -> Sum:
    return Sum(in_direction(kind, int(posted)), in_direction(kind, int(pending)))


# What accounts have, and by how much that would grow if all that is pending were posted; positive
# on the debit side.
_BOTH = """coalesce(sum(b.debits_minor - b.credits_minor), 0),
        coalesce(sum(b.pending_debits_minor - b.pending_credits_minor), 0)"""
# Which accounts `a` are meant.
_INSIDE = """a.kind = %(kind)s AND a.code >= %(start)s
            AND (%(end)s::text IS NULL OR a.code < %(end)s::text COLLATE "C")"""
# The accounts one by one.
_WHOLE = """
    SELECT a.id, a.code, a.currency, a.name, a.closed_at IS NOT NULL, b.*
    FROM (
        SELECT * FROM @schema@.ledger_account AS a WHERE @inside@
        ORDER BY a.code, a.currency LIMIT %(limit)s
    ) AS a
    CROSS JOIN LATERAL (
        SELECT @both@ FROM @schema@.ledger_balance AS b WHERE b.account_id = a.id
    ) AS b
    ORDER BY a.code, a.currency
"""
# The accounts by the next part of their codes. An account whose code ends with that part is named.
_GROUPED = """
    WITH inside AS MATERIALIZED (
        SELECT a.id, a.currency, a.name, a.closed_at,
            split_part(substr(a.code, %(skip)s + 1), ':', 1) AS part,
            strpos(substr(a.code, %(skip)s + 1), ':') = 0 AS is_leaf
        FROM @schema@.ledger_account AS a WHERE @inside@
    ), named AS (
        SELECT DISTINCT part FROM inside
        WHERE %(after)s::text IS NULL OR part > %(after)s::text COLLATE "C"
        ORDER BY part LIMIT %(limit)s
    ), summed AS (
        SELECT a.part, a.currency, a.is_leaf, a.id, a.name, a.closed_at, b.posted, b.pending
        FROM inside AS a JOIN named USING (part)
        CROSS JOIN LATERAL (
            SELECT @both@ FROM @schema@.ledger_balance AS b WHERE b.account_id = a.id
        ) AS b (posted, pending)
    )
    SELECT part, currency, count(*), sum(posted), sum(pending), max(id) FILTER (WHERE is_leaf),
        max(name) FILTER (WHERE is_leaf), bool_or(closed_at IS NOT NULL) FILTER (WHERE is_leaf),
        sum(posted) FILTER (WHERE is_leaf), sum(pending) FILTER (WHERE is_leaf)
    FROM summed GROUP BY part, currency ORDER BY part, currency
"""
_KINDS = """
    SELECT a.kind, a.currency, count(*), coalesce(sum(b.posted), 0), coalesce(sum(b.pending), 0)
    FROM @schema@.ledger_account AS a
    LEFT JOIN (
        SELECT b.account_id, @both@ FROM @schema@.ledger_balance AS b GROUP BY b.account_id
    ) AS b (account_id, posted, pending) ON b.account_id = a.id
    GROUP BY a.kind, a.currency ORDER BY a.kind, a.currency
"""
