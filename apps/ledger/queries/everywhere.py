"""Reads of the books of all environments at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from psycopg import sql

from apps.core.context import Hosted

# One statement looks into so many schemas.
SCHEMAS_MAX = 200


@dataclass(frozen=True, slots=True)
class SealLag:
    """What of a book is not sealed.

    :ivar postings: how many there are at most: ids that were drawn and given up count too.
    :ivar since: when the first of them was recorded.
    :ivar frozen_at: since when the book takes no postings, if it is frozen.
    """

    postings: int
    since: datetime | None
    frozen_at: datetime | None


def seal_lags(environments: Sequence[Hosted]) -> dict[str, SealLag]:
    """Return what waits to be sealed, by the environments' ids: three looks into an index each."""
    found: dict[str, SealLag] = {}
    for start in range(0, len(environments), SCHEMAS_MAX):
        some = environments[start : start + SCHEMAS_MAX]
        query = sql.SQL(" UNION ALL ").join(
            _LAG.format(
                id=sql.Literal(one.id),
                state=sql.Identifier(one.schema_name, "ledger_state"),
                posting=sql.Identifier(one.schema_name, "ledger_posting"),
                transaction=sql.Identifier(one.schema_name, "ledger_transaction"),
            )
            for one in some
        )
        with connection.cursor() as cursor:
            cursor.execute(query)
            found |= {
                row[0]: SealLag(postings=row[1], since=row[2], frozen_at=row[3])
                for row in cursor.fetchall()
            }
    return found


_LAG = sql.SQL(
    """
    SELECT {id}, greatest(newest.id - s.sealed_until, 0), first.created_at, s.frozen_at
    FROM {state} AS s
    CROSS JOIN LATERAL (SELECT coalesce(max(p.id), 0) AS id FROM {posting} AS p) AS newest
    LEFT JOIN LATERAL (
        SELECT t.created_at FROM {posting} AS p JOIN {transaction} AS t ON t.id = p.transaction_id
        WHERE p.id > s.sealed_until ORDER BY p.id LIMIT 1
    ) AS first ON true
    """
)
