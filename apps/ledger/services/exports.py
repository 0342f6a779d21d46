"""Exports of the book. What one covers is fixed when it is made; its content, when it is read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from heapq import merge
from itertools import chain
from typing import Final

from apps.core import clock, context
from apps.core.ids import new_id
from apps.core.use_cases import use_case
from apps.ledger import queries
from apps.ledger.domain import Side
from apps.ledger.domain.archive import Writer
from apps.ledger.domain.canonical import instant_text
from apps.ledger.domain.exports import COLUMNS, ExportStatus, Format, entry_rows, last_row
from apps.ledger.domain.records import Record
from apps.ledger.domain.refusals import NothingToSeal
from apps.ledger.domain.spreadsheet import to_csv
from apps.ledger.models import LedgerExport
from apps.ledger.services.sealing import seal_now

PIECE_BYTES: Final = 64 * 1024
# How far a download is, is written down after so many entries.
NOTED_EVERY: Final = 20_000

# A part of a file, and how many entries are in it.
Piece = tuple[bytes, int]


def create_export(
    *, form: Format, metadata: dict[str, str] | None = None, now: datetime
) -> LedgerExport:
    """Make an export of everything up to the last seal, once all that can be sealed is.

    What is not sealed by then, because a posting before it is still under way, is not in it.
    """
    with suppress(NothingToSeal):
        seal_now(now=now)
    return _create(form=form, metadata=metadata or {}, now=now)


@use_case
def _create(*, form: Format, metadata: dict[str, str], now: datetime) -> LedgerExport:
    until = queries.last_whole_seal()
    return LedgerExport.objects.create(
        id=new_id("lexp"),
        account_id=context.current().account_id,
        # Not before anything that is in it, be another clock ahead of ours.
        created_at=max(now, queries.last_change_at() or now),
        metadata=metadata,
        format=form.value,
        until_seal=until.number,
        until_posting=until.last_posting,
        entry_count=2 * until.posting_count,
        status=ExportStatus.PENDING.value,
    )


def export_content(
    export: LedgerExport, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Iterator[bytes]:
    """Yield the file, piece by piece, and write down on the export how far it is.

    No transaction and no cursor is open between two pieces. Whoever stops in the middle leaves the
    export `running`; it can be read again from its beginning.

    :param progress: is told after every piece how many entries it has come to, and of how many.
    """
    lines = _archive(export) if export.format == Format.JSONL else _spreadsheet(export)
    written = noted = 0
    _note(export, ExportStatus.RUNNING, written)
    try:
        for piece, entries in _gathered(lines):
            yield piece
            written += entries
            progress(written, export.entry_count)
            if written - noted >= NOTED_EVERY:
                noted = written
                _note(export, ExportStatus.RUNNING, written)
    except GeneratorExit:
        _note(export, ExportStatus.RUNNING, written)
        raise
    _note(export, ExportStatus.COMPLETE, written)


def _note(export: LedgerExport, status: ExportStatus, written: int) -> None:
    finished_at = clock.now() if status is ExportStatus.COMPLETE else None
    LedgerExport.objects.filter(pk=export.pk).update(
        status=status.value, written_count=written, finished_at=finished_at
    )


def _archive(export: LedgerExport) -> Iterator[Piece]:
    """Yield the book as JSON Lines, a line at a time."""
    writer = Writer()
    yield writer.header(_header(export)), 0
    for account in queries.list_account_records(until=export.created_at):
        yield writer.line("account", account), 0
    for period in queries.list_period_records(until=export.created_at):
        yield writer.line("period", period), 0
    for kind, record in _moves(export):
        yield writer.line(kind, record), 2 * len(record.get("postings", ()))
    yield writer.trailer(), 0


def _header(export: LedgerExport) -> Record:
    environment = context.current().environment
    last_seal = queries.seal_hash(number=export.until_seal)
    return {
        "export": export.id,
        "environment": environment.id,
        "account": environment.account_id,
        "livemode": environment.livemode,
        "created_at": instant_text(export.created_at),
        "until_posting": export.until_posting,
        "entries": export.entry_count,
        "seals": export.until_seal,
        "last_seal_hash": last_seal,
    }


def _moves(export: LedgerExport) -> Iterator[tuple[str, Record]]:
    """Yield transactions, and each seal after the last transaction that has a posting in it."""
    pages = queries.list_transaction_records(until_posting=export.until_posting)
    transactions = chain.from_iterable(pages)
    seals = queries.list_seal_records(until_seal=export.until_seal)
    yield from merge(
        (("transaction", record) for record in transactions),
        (("seal", record) for record in seals),
        key=_place,
    )


def _place(move: tuple[str, Record]) -> tuple[int, bool]:
    kind, record = move
    if kind == "seal":
        return record["last_posting"], True
    return record["postings"][0]["id"], False


def _spreadsheet(export: LedgerExport) -> Iterator[Piece]:
    """Yield the entries as CSV, a transaction at a time."""
    yield to_csv([COLUMNS]), 0
    for page in queries.list_transaction_records(until_posting=export.until_posting):
        accounts = queries.named_accounts(
            posting[side] for record in page for posting in record["postings"] for side in Side
        )
        for record in page:
            yield to_csv(entry_rows(record, accounts)), 2 * len(record["postings"])
    yield to_csv([last_row(export.entry_count)]), 0


def _gathered(lines: Iterable[Piece]) -> Iterator[Piece]:
    """Yield lines joined, so that a piece is worth sending."""
    joined, entries = bytearray(), 0
    for line, count in lines:
        joined += line
        entries += count
        if len(joined) >= PIECE_BYTES:
            yield bytes(joined), entries
            joined, entries = bytearray(), 0
    if joined:
        yield bytes(joined), entries
