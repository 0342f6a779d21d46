"""SQL that adds up entries: the same text in every query that says what an account has.

The entries of an account are in the order (effective_at, posting_id). `SUMS` adds up those before
a place in it: the newest snapshot that ends before the place, what came after the snapshot, and
what is before the snapshot's end and not in it, because it was not sealed when the snapshot was
made. So it reads no more than what lies between two snapshots, and what waits to be sealed.
"""

from typing import Any

from django.db import connection
from django_tenants.utils import quote_schema_name

# The four sums of the entries `e`; a release takes off what was pending.
TALLY = """
    coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 'debit' AND e.layer = 'posted'), 0)
        AS debits,
    -coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 'credit' AND e.layer = 'posted'), 0)
        AS credits,
    coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 'debit' AND e.layer <> 'posted'), 0)
        AS pending_debits,
    -coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 'credit' AND e.layer <> 'posted'), 0)
        AS pending_credits
"""
# CTEs between `wanted (place, account_id, before_at, before_id)`, a name for each row, and
# `sums (place, debits, credits, pending_debits, pending_credits)`: of the account's entries before
# (before_at, before_id).
#
# `unsealed` is read by its own index alone and once, whatever the accounts: of what is not sealed
# the planner knows nothing, and would else read an account from its beginning. Each sum in `recent`
# is LATERAL for the same reason: by the index of the account, also for all accounts at once.
SUMS = """
    base AS MATERIALIZED (
        SELECT w.place, w.account_id, w.before_at, w.before_id, s.cut_off_at,
            s.debits_minor, s.credits_minor, s.pending_debits_minor, s.pending_credits_minor
        FROM wanted AS w
        LEFT JOIN LATERAL (
            SELECT * FROM @schema@.ledger_snapshot AS s
            WHERE s.account_id = w.account_id AND s.cut_off_at <= w.before_at
            ORDER BY s.cut_off_at DESC LIMIT 1
        ) AS s ON true
    ), unsealed AS MATERIALIZED (
        SELECT e.account_id, e.side, e.layer, e.amount_minor, e.effective_at
        FROM @schema@.ledger_entry AS e
        WHERE EXISTS (SELECT FROM base WHERE cut_off_at IS NOT NULL)
            AND e.posting_id > (SELECT sealed_until FROM @schema@.ledger_state)
            AND e.posting_id <= (SELECT max(id) FROM @schema@.ledger_posting)
    ), parts AS (
        SELECT place, debits_minor AS debits, credits_minor AS credits,
            pending_debits_minor AS pending_debits, pending_credits_minor AS pending_credits
        FROM base WHERE cut_off_at IS NOT NULL
        UNION ALL
        SELECT base.place, @tally@
        FROM base JOIN unsealed AS e
            ON e.account_id = base.account_id AND e.effective_at < base.cut_off_at
        GROUP BY base.place
        UNION ALL
        SELECT base.place, recent.* FROM base CROSS JOIN LATERAL (
            SELECT @tally@ FROM @schema@.ledger_entry AS e
            WHERE e.account_id = base.account_id
                AND e.effective_at >= coalesce(base.cut_off_at, '-infinity')
                AND (e.effective_at, e.posting_id) < (base.before_at, base.before_id)
        ) AS recent
        @as_known@
    ), sums AS (
        SELECT place, sum(debits) AS debits, sum(credits) AS credits,
            sum(pending_debits) AS pending_debits, sum(pending_credits) AS pending_credits
        FROM parts GROUP BY place
    )
"""
# In the place of `@as_known@`: what turns the sums of all that is effective before the earlier of
# %(at_end)s and %(known_end)s into those of what is effective before the one and was recorded
# before the other. Only entries that are effective at another time than they were recorded differ.
AS_KNOWN = """
        UNION ALL
        SELECT base.place, shifted.* FROM base CROSS JOIN LATERAL (
            SELECT @tally@
            FROM (
                SELECT e.side, e.layer, e.amount_minor * CASE
                    WHEN e.effective_at < base.before_at THEN
                        CASE WHEN t.created_at >= %(known_end)s::timestamptz THEN -1 ELSE 0 END
                    ELSE CASE WHEN t.created_at < %(known_end)s::timestamptz THEN 1 ELSE 0 END
                    END AS amount_minor
                FROM @schema@.ledger_entry AS e
                JOIN @schema@.ledger_transaction AS t ON t.id = e.transaction_id
                WHERE e.account_id = base.account_id AND e.is_shifted
                    AND e.effective_at < %(at_end)s::timestamptz
            ) AS e
        ) AS shifted
"""


def run(text: str, parameters: dict[str, Any], **parts: str) -> list[tuple[Any, ...]]:
    """Run SQL in the schema of the current environment; return its rows. See `compose`."""
    with connection.cursor() as cursor:
        cursor.execute(compose(text, **parts), parameters)
        return list(cursor.fetchall())


def compose(text: str, *, as_known: str = "", **parts: str) -> str:
    """Return SQL with its parts put in, for the schema of the current environment.

    `@name@` is the part `name`, `@sums@` is `SUMS`, `@tally@` is `TALLY`, `@schema@` the schema.

    :param parts: never what a user gave.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    # In this order: each may have the next ones in it.
    known = {**parts, "sums": SUMS, "as_known": as_known, "tally": TALLY, "schema": schema}
    for name, part in known.items():
        text = text.replace(f"@{name}@", part)
    return text
