"""The trial balance: what every account has, and that debits come to what credits come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.ledger.domain import Kind
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import sums
from apps.ledger.queries.balances import in_direction
from apps.ledger.queries.time_travel import bounds


@dataclass(frozen=True, slots=True)
class Total:
    """What the accounts of one kind in one currency come to, in minor units."""

    kind: Kind
    currency: str
    debits_minor: int
    credits_minor: int

    @property
    def balance_minor(self) -> int:
        """Return what is left on the side on which the kind grows."""
        return in_direction(self.kind, self.debits_minor - self.credits_minor)


@dataclass(frozen=True, slots=True)
class AccountTotal:
    """A line of the trial balance: an account that has entries."""

    account_id: str
    code: str
    name: str
    total: Total


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The whole book at a time.

    :ivar totals: of everything, by kind and currency, in the order of kinds.
    :ivar lines: the accounts asked for, in the order of kind, code and currency.
    """

    totals: Sequence[Total]
    lines: Sequence[AccountTotal]


def read_trial_balance(
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
    currency: str | None = None,
    after: LedgerAccount | None = None,
    limit: int,
) -> TrialBalance:
    """Return the trial balance of the environment, in one statement.

    :param at: of what is effective until then, as in `balance_at`; `known_at` likewise.
    :param after: the lines begin after this account.
    """
    parameters: dict[str, Any] = {"currency": currency, "kinds": _KINDS, "limit": limit}
    parts = {"of_accounts": _NOW, "condition": ""}
    if at is not None or known_at is not None:
        parts["of_accounts"] = _AT
        parameters |= bounds(at=at, known_at=known_at)
    if known_at is not None:
        parts["as_known"] = sums.AS_KNOWN
    if after is not None:
        parts["condition"] = _AFTER
        parameters |= {"kind": after.kind, "code": after.code, "in_currency": after.currency}
    rows = sums.run(_TRIAL, parameters, **parts)
    return TrialBalance(
        totals=[_total(*row[3:]) for row in rows if row[0] is None],
        lines=[
            AccountTotal(account_id=account_id, code=code, name=name, total=_total(*row))
            for account_id, code, name, *row in rows
            if account_id is not None
        ],
    )


def find_any_account(account_id: str) -> LedgerAccount | None:
    """Return an account of the environment, whoever's it is."""
    return LedgerAccount.objects.filter(pk=account_id).first()


def _total(kind: str, currency: str, debits: Any, credits_: Any) -> Total:
    return Total(
        kind=Kind(kind), currency=currency, debits_minor=int(debits), credits_minor=int(credits_)
    )


_KINDS = [kind.value for kind in Kind]
_NOW = """
    sums AS (
        SELECT account_id AS place, sum(debits_minor) AS debits, sum(credits_minor) AS credits
        FROM @schema@.ledger_balance GROUP BY account_id
    )
"""
_AT = """
    wanted AS (
        SELECT id AS place, id AS account_id, %(before_at)s::timestamptz AS before_at,
            0::bigint AS before_id
        FROM @schema@.ledger_account
        WHERE %(currency)s::text IS NULL OR currency = %(currency)s
    ), @sums@
"""
_AFTER = """
        WHERE (rank, code, currency)
            > (array_position(%(kinds)s::text[], %(kind)s), %(code)s, %(in_currency)s)
"""
# The totals, which have no account, and the lines. Only posted entries are in either.
_TRIAL = """
    WITH @of_accounts@, lines AS MATERIALIZED (
        SELECT a.id, a.code, a.name, a.kind, a.currency, sums.debits, sums.credits,
            array_position(%(kinds)s::text[], a.kind::text) AS rank
        FROM sums JOIN @schema@.ledger_account AS a ON a.id = sums.place
        WHERE (sums.debits <> 0 OR sums.credits <> 0)
            AND (%(currency)s::text IS NULL OR a.currency = %(currency)s)
    ), page AS (
        SELECT * FROM lines @condition@ ORDER BY rank, code, currency LIMIT %(limit)s
    ), totals AS (
        SELECT currency, rank, kind, sum(debits) AS debits, sum(credits) AS credits
        FROM lines GROUP BY currency, rank, kind
    )
    SELECT id, code, name, kind, currency, debits, credits FROM (
        SELECT NULL AS id, NULL AS code, NULL AS name, kind, currency, debits, credits, rank
        FROM totals
        UNION ALL
        SELECT id, code, name, kind, currency, debits, credits, rank FROM page
    ) AS whole
    ORDER BY rank, code, currency
"""
