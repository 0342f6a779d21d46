"""Whether transactions and postings hang together."""

from typing import Any, NamedTuple

from apps.ledger.queries import sums

# Of the rows that were written after they were sealed, so many are named.
SUSPECTS_MAX = 20


class Bare(NamedTuple):
    """Some transactions, in the order of their ids.

    :ivar last: the id of the last; None: there are no more.
    :ivar bare: those of them that have no posting.
    """

    last: str | None
    bare: list[str]


def wrong_links(*, after: int, until: int) -> list[tuple[str, str]]:
    """Return (transaction, what is wrong) for the transactions that these postings are of.

    What they resolve and reverse must be there; and what resolves releases all that was pending,
    each posting in its place, and nothing else.
    """
    return _pairs(sums.run(_WRONG_LINKS, {"after": after, "until": until}))


def unbalanced(*, after: int, until: int) -> list[tuple[str, str, int]]:
    """Return (transaction, currency, sum) where the entries of these postings are not zero."""
    return [
        (transaction, currency, int(total))
        for transaction, currency, total in sums.run(_UNBALANCED, {"after": after, "until": until})
    ]


def suspects(*, seal: int, after: int, until: int) -> list[str]:
    """Return the transactions of postings of which a row was written after the seal.

    A hint where to look: nothing if there are many, as in a book that was restored.
    """
    rows = sums.run(
        _SUSPECTS, {"seal": seal, "after": after, "until": until, "limit": SUSPECTS_MAX + 1}
    )
    return [] if len(rows) > SUSPECTS_MAX else [transaction for (transaction,) in rows]


def bare_transactions(*, after: str, limit: int) -> Bare:
    """Look at the next transactions after the one with the id `after`."""
    ((last, bare),) = sums.run(_BARE, {"after": after, "limit": limit})
    return Bare(last, bare or [])


def end_of_chain() -> tuple[int, int]:
    """Return up to where the book says it is sealed, and the number of its last seal."""
    ((sealed_until, number),) = sums.run(_END_OF_CHAIN, {})
    return sealed_until, number


def _pairs(rows: list[tuple[Any, ...]]) -> list[tuple[str, str]]:
    return [(one, other) for one, other in rows]


_WRONG_LINKS = """
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT p.transaction_id FROM @schema@.ledger_posting AS p
        WHERE p.id > %(after)s AND p.id <= %(until)s
    ), linked AS MATERIALIZED (
        SELECT t.id, t.resolves_id, t.reverses_id
        FROM touched JOIN @schema@.ledger_transaction AS t ON t.id = touched.transaction_id
        WHERE t.resolves_id IS NOT NULL OR t.reverses_id IS NOT NULL
    ), faults AS (
        SELECT l.id, CASE
            WHEN NOT EXISTS (
                SELECT FROM @schema@.ledger_transaction AS t WHERE t.id = l.resolves_id
            ) THEN 'it resolves ' || l.resolves_id || ', which is not there'
            WHEN NOT EXISTS (
                SELECT FROM @schema@.ledger_posting AS p
                WHERE p.transaction_id = l.resolves_id AND p.layer = 'pending'
            ) THEN 'it resolves ' || l.resolves_id || ', which is not pending'
            WHEN EXISTS (
                SELECT FROM (
                    SELECT p.position, p.debit_id, p.credit_id, p.currency, p.amount_minor
                    FROM @schema@.ledger_posting AS p
                    WHERE p.transaction_id = l.resolves_id AND p.layer = 'pending'
                ) AS pending
                FULL JOIN (
                    SELECT p.position, p.debit_id, p.credit_id, p.currency, p.amount_minor
                    FROM @schema@.ledger_posting AS p
                    WHERE p.transaction_id = l.id AND p.layer = 'released'
                ) AS released USING (position, debit_id, credit_id, currency, amount_minor)
                WHERE pending.* IS NULL OR released.* IS NULL
            ) THEN 'it does not release what ' || l.resolves_id || ' reserved'
            END AS fault
        FROM linked AS l WHERE l.resolves_id IS NOT NULL
        UNION ALL
        SELECT l.id, 'it reverses ' || l.reverses_id || ', which is not there'
        FROM linked AS l
        WHERE l.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM @schema@.ledger_transaction AS t WHERE t.id = l.reverses_id
        )
    )
    SELECT id, fault FROM faults WHERE fault IS NOT NULL ORDER BY id
"""
_UNBALANCED = """
    SELECT e.transaction_id, e.currency, sum(e.amount_minor) FROM @schema@.ledger_entry AS e
    WHERE e.posting_id > %(after)s AND e.posting_id <= %(until)s
    GROUP BY e.transaction_id, e.currency HAVING sum(e.amount_minor) <> 0 ORDER BY 1, 2
"""
_SUSPECTS = """
    SELECT DISTINCT p.transaction_id
    FROM @schema@.ledger_seal AS s
    JOIN @schema@.ledger_posting AS p ON p.id > %(after)s AND p.id <= %(until)s
    LEFT JOIN @schema@.ledger_transaction AS t ON t.id = p.transaction_id
    WHERE s.number = %(seal)s AND least(age(p.xmin), age(t.xmin)) < age(s.xmin)
    ORDER BY 1 LIMIT %(limit)s
"""
_BARE = """
    WITH chosen AS MATERIALIZED (
        SELECT t.id FROM @schema@.ledger_transaction AS t
        WHERE t.id > %(after)s ORDER BY t.id LIMIT %(limit)s
    )
    SELECT max(id), array_agg(id) FILTER (WHERE NOT EXISTS (
        SELECT FROM @schema@.ledger_posting AS p WHERE p.transaction_id = chosen.id
    )) FROM chosen
"""
_END_OF_CHAIN = """
    SELECT s.sealed_until, coalesce((SELECT max(number) FROM @schema@.ledger_seal), 0)
    FROM @schema@.ledger_state AS s
"""
