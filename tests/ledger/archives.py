"""Archives for tests: made of a book, read back, and changed on the way."""

import json
from collections.abc import Callable
from typing import Any

from django.db.models import Model

from apps.core import clock, context
from apps.core.context import Hosted
from apps.ledger import services
from apps.ledger.domain import archive
from apps.ledger.domain.exports import Format
from apps.ledger.models import (
    LedgerAccount,
    LedgerBalance,
    LedgerPeriod,
    LedgerPosting,
    LedgerSeal,
    LedgerSnapshot,
    LedgerState,
    LedgerTransaction,
)

TABLES: list[type[Model]] = [
    *(LedgerAccount, LedgerBalance, LedgerPeriod, LedgerPosting, LedgerSeal, LedgerSnapshot),
    LedgerTransaction,
]
Lines = list[bytes]
Records = list[tuple[str, dict[str, Any]]]


def export_lines(environment: Hosted) -> Lines:
    """Return the archive of the book of an environment."""
    with context.enter(environment, by="system"):
        export = services.create_export(form=Format.JSONL, now=clock.now())
        return b"".join(services.export_content(export)).splitlines(keepends=True)


def import_lines(environment: Hosted, lines: Lines, **options: Any) -> services.Imported:
    """Import an archive into the book of an environment, as an operator."""
    with context.enter(environment, by="operator:1"):
        return services.import_book(iter(lines), now=clock.now(), **options)


def seals_of(environment: Hosted) -> list[dict[str, Any]]:
    """Return everything of all seals, but whose they are."""
    with context.enter(environment, by="system"):
        return [{**one, "account_id": ""} for one in LedgerSeal.objects.order_by("number").values()]


def rows_of(environment: Hosted) -> dict[str, int]:
    """Return how many rows there are in each table of the book."""
    with context.enter(environment, by="system"):
        found = {table._meta.db_table: table._default_manager.count() for table in TABLES}
        found["sealed_until"] = LedgerState.objects.get().sealed_until
    return found


# What `rows_of` says of a book in which nothing is.
EMPTY = dict.fromkeys([*(table._meta.db_table for table in TABLES), "sealed_until"], 0)


def changed(lines: Lines, change: Callable[[Records], object]) -> Lines:
    """Return an archive that says something else, with a trailer that vouches for it.

    :param change: takes the list of (kind, record), to change it.
    """
    book = [json.loads(line) for line in lines]
    records = [(one.pop("type"), one) for one in book]
    header, *rest, _ = records
    change(rest)
    writer = archive.Writer()
    entries = sum(2 * len(one["postings"]) for kind, one in rest if kind == "transaction")
    seals = [one for kind, one in rest if kind == "seal"]
    written = [writer.header(header[1] | {"entries": entries, "seals": len(seals)})]
    return [*written, *(writer.line(*one) for one in rest), writer.trailer()]


def only(records: Records, kind: str) -> list[dict[str, Any]]:
    """Return the records of one kind."""
    return [record for found, record in records if found == kind]
