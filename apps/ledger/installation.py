"""Installing the triggers and functions of `sql/` in the schema that is current."""

from pathlib import Path

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django_tenants.utils import quote_schema_name

from apps.ledger.domain import Projection

SQL = Path(__file__).parent / "sql"
PARTS = ("entries", "guards", "state", "accounts", "links", "post", "checks", "snapshots")
# The postings that the statement at work has added to the transaction of NEW: those that have been
# written by the same command (`cmin`) of the same database transaction (`xmin`).
_SIBLINGS = """(
    SELECT sibling.* FROM @schema@.ledger_posting AS own
    JOIN @schema@.ledger_posting AS sibling ON sibling.transaction_id = own.transaction_id
        AND sibling.xmin = own.xmin AND sibling.cmin = own.cmin
    WHERE own.id = NEW.id
)"""
# The sibling in the lowest position adds all of them up; nothing comes before position 0.
_UNLESS_FIRST = f"""
    IF NEW.position > 0 THEN
        IF EXISTS (SELECT FROM {_SIBLINGS} AS p WHERE p.position < NEW.position) THEN
            RETURN NULL;
        END IF;
    END IF;"""
# What a posting `p` needs to be plainly right, apart from its accounts.
_IS_RIGHT = """
        AND (t.xmin = pg_current_xact_id()::xid OR @schema@.ledger_is_ours(t.xmin))
        AND t.effective_at = p.effective_at
        AND (t.effective_at <> t.created_at) = p.is_shifted
        AND s.frozen_at IS NULL
        AND (s.closed_before IS NULL OR s.closed_before <= p.effective_at)"""
# What tells the two triggers apart: what is new, what has been added up already, when they run.
_DIFFERENCES = {
    Projection.STATEMENT: {
        "added": "added",
        "unless_first": "",
        "each": "REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
    },
    Projection.ROW: {
        "added": _SIBLINGS,
        "unless_first": _UNLESS_FIRST,
        "each": "FOR EACH ROW",
    },
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Make or replace everything. Run it again, in a migration, after a change of a file.

    To PostgreSQL, a function with other parameters is another function: the old ones go first.
    """
    _run(connection, "drop")
    for part in PARTS:
        _run(connection, part)
    install_projection(connection, _chosen(connection))


def install_projection(connection: BaseDatabaseWrapper, kind: Projection) -> None:
    """Let balances be kept by the trigger of this kind."""
    parts = {"kind": kind.value, "is_right": _IS_RIGHT, **_DIFFERENCES[kind]}
    _run(connection, "projection", **parts)


def _chosen(connection: BaseDatabaseWrapper) -> Projection:
    """Return what LEDGER_PROJECTION says, or else what the database can run."""
    if settings.LEDGER_PROJECTION != "auto":
        return Projection(settings.LEDGER_PROJECTION)
    return Projection.STATEMENT if runs_statement_triggers(connection) else Projection.ROW


def runs_statement_triggers(connection: BaseDatabaseWrapper) -> bool:
    """Return whether the database can keep the balances by statement.

    Tables of a schema that Citus distributes take no transition tables.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
        (can,) = cursor.fetchone()
    return bool(can)


def installed_projection(connection: BaseDatabaseWrapper) -> Projection:
    """Return which trigger keeps the balances."""
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {schema}.ledger_projection()")
        (kind,) = cursor.fetchone()
    return Projection(kind)


def _run(connection: BaseDatabaseWrapper, part: str, **values: str) -> None:
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    text = (SQL / f"{part}.sql").read_text(encoding="utf-8")
    for name, value in {**values, "schema": schema}.items():
        text = text.replace(f"@{name}@", value)
    with connection.cursor() as cursor:
        cursor.execute(text)
