"""COPY into the tables of the book: the rows of an archive's records, and which one is refused.

Rows go into the tables themselves, so all triggers and constraints look at them, as they look at
what `ledger_post` writes. What that function sees to by itself, `queries.wrong_links` checks.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import DatabaseError, connection
from django_tenants.utils import quote_schema_name

from apps.ledger import posting_call
from apps.ledger.domain import archive
from apps.ledger.domain.records import Record
from apps.ledger.domain.refusals import CONSTRAINTS

# "COPY ledger_transaction, line 17": where PostgreSQL says which row it was.
_PLACE: Final = re.compile(r"^COPY \w+, line (\d+)")
UNIQUE_VIOLATION: Final = "23505"
Row = tuple[Any, ...]
# The columns of each table, in the order of the rows below.
_COLUMNS: Final = {
    "ledger_account": (
        "id account_id created_at metadata code currency kind name floor_minor stripes"
    ),
    "ledger_period": (
        "id account_id created_at metadata starts_at ends_at closed_by reopened_at reopened_by "
        "reopen_reason"
    ),
    "ledger_transaction": (
        "id account_id created_at metadata details source_id reference fingerprint effective_at "
        "expires_at resolves_id reverses_id"
    ),
    "ledger_posting": (
        "id transaction_id position debit_id credit_id amount_minor currency layer effective_at "
        "is_shifted debit_line credit_line"
    ),
    "ledger_seal": (
        "id account_id created_at metadata number after_posting last_posting posting_count root "
        "previous_hash hash"
    ),
}


def copy(table: str, rows: Sequence[tuple[int, Row]]) -> None:
    """Write rows into a table of the current schema, in one statement.

    :param rows: each with the line of the archive that it is of.
    :raises ArchiveInvalid: a row is there already, or is not what the table takes.
    :raises DomainError: a trigger refuses the rows; see `domain.refusals`.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    columns = ", ".join(_COLUMNS[table].split())
    statement = f"COPY {schema}.{table} ({columns}) FROM STDIN"
    with (
        posting_call.refusals(),
        _refusals_of_rows(table, rows),
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as stream,
    ):
        for _, row in rows:
            stream.write_row(row)


@contextmanager
def _refusals_of_rows(table: str, rows: Sequence[tuple[int, Row]]) -> Iterator[None]:
    """Refuse the archive where PostgreSQL says which row of it is at fault."""
    try:
        yield
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        found = _PLACE.match(getattr(diagnosis, "context", None) or "")
        if diagnosis is None or found is None:
            raise
        line, _ = rows[int(found[1]) - 1]
        archive.refuse(line, f"{table}: {_meaning(diagnosis).rstrip('.')}")


def _meaning(diagnosis: Any) -> str:
    """Return what PostgreSQL says of a row, without the row itself."""
    if diagnosis.sqlstate == UNIQUE_VIOLATION:
        return str(diagnosis.message_detail)  # the key that is there already
    _, meaning = CONSTRAINTS.get(diagnosis.constraint_name, (None, diagnosis.message_primary))
    return str(meaning)


Owner = Callable[[str], str]


def account_row(record: Record, owner: Owner) -> Row:
    """Return the row of an account, which is open."""
    return (
        *_resource(record, owner),
        *(record["code"], record["currency"], record["kind"], record["name"]),
        *(record["floor"], record["stripes"]),
    )


def period_row(record: Record, owner: Owner) -> Row:
    """Return the row of a period."""
    return (
        *_resource(record, owner),
        *(record["starts_at"], record["ends_at"], record["closed_by"]),
        *(record["reopened_at"], record["reopened_by"], record["reopen_reason"]),
    )


def transaction_row(record: Record, owner: Owner) -> Row:
    """Return the row of a transaction."""
    return (
        *_resource(record, owner),
        *(_to_json(record["details"]), record["source_id"]),
        *(record["reference"], record["fingerprint"], record["effective_at"]),
        *(record["expires_at"], record["resolves"], record["reverses"]),
    )


def posting_rows(record: Record) -> Sequence[Row]:
    """Return the rows of a transaction's postings."""
    effective_at = record["effective_at"]
    is_shifted = effective_at != record["created_at"]
    return [
        (
            *(posting["id"], record["id"], posting["position"]),
            *(posting["debit"], posting["credit"], posting["amount"], posting["currency"]),
            *(posting["layer"], effective_at, is_shifted),
            *(posting["debit_line"], posting["credit_line"]),
        )
        for posting in record["postings"]
    ]


def seal_row(record: Record, owner: Owner) -> Row:
    """Return the row of a seal."""
    return (
        *_resource(record, owner),
        *(record["number"], record["after_posting"], record["last_posting"]),
        *(record["posting_count"], record["root"], record["previous_hash"], record["hash"]),
    )


def _resource(record: Record, owner: Owner) -> Row:
    """Return what all objects have: whose it is becomes what `owner` says."""
    owned_by = owner(record["account"])
    return record["id"], owned_by, record["created_at"], _to_json(record["metadata"])


def _to_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False)
