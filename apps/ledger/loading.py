"""Loading the records of an archive into the tables, in batches, with memory for one batch."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Final, NoReturn

from django.db import connection, transaction

from apps.core.errors import DomainError
from apps.ledger import copying, queries
from apps.ledger.copying import Owner, Row
from apps.ledger.domain import archive
from apps.ledger.domain.archive import Line
from apps.ledger.domain.records import Record
from apps.ledger.domain.refusals import ArchiveInvalid, InsufficientBalance
from apps.ledger.queries.sums import compose

# Rows of the small tables in one statement, and postings in one.
ROWS: Final = 1_000
BATCH: Final = 2_000
# Postings are numbered before they wait for each other, so in the order of numbers an account may
# be below its floor for a moment where in the order of commits it was not. Where a batch ends at
# such a moment, it is made longer. Nobody waits for longer than the lock timeout: two that changed
# places are not further apart than this.
BATCH_MAX: Final = 32 * BATCH
# Accounts whose currencies are remembered, so that not every batch asks for the same ones.
KNOWN_MAX: Final = 20_000

TABLES: Final[dict[str, tuple[str, Callable[[Record, Owner], Row]]]] = {
    "account": ("ledger_account", copying.account_row),
    "period": ("ledger_period", copying.period_row),
    "seal": ("ledger_seal", copying.seal_row),
}


class Loader:
    """Takes the lines of an archive in their order, and writes them.

    :ivar entries: how many entries it has taken.
    """

    def __init__(self, owner: Owner) -> None:
        """Prepare for an archive.

        :param owner: whose what is one's becomes: from a merchant account to a merchant account.
        """
        self.entries = 0
        self._owner = owner
        self._rows: defaultdict[str, list[tuple[int, Row]]] = defaultdict(list)
        self._closings: list[tuple[str, datetime]] = []
        self._batch: list[Line] = []
        self._postings = 0
        self._goal = BATCH
        self._currencies: dict[str, str] = {}
        with connection.cursor() as cursor:
            cursor.execute(_CLOSINGS)

    def take(self, line: Line) -> None:
        """Take the next line.

        :raises DomainError: it is refused, or one of those that are written now.
        """
        if line.kind == "transaction":
            self._take_transaction(line)
        elif line.kind in TABLES:
            self._take_row(line)

    def finish(self) -> None:
        """Write what is left, and close the accounts that are closed."""
        self._write_rows()
        self._write_batch(is_last=True)
        with connection.cursor() as cursor:
            cursor.execute(compose(_CLOSE))

    def _take_row(self, line: Line) -> None:
        table, to_row = TABLES[line.kind]
        self._rows[table].append((line.number, to_row(line.record, self._owner)))
        if line.kind == "account" and line.record["closed_at"] is not None:
            # What is closed takes no postings, so it is closed when all are in.
            self._closings.append((line.record["id"], line.record["closed_at"]))
        if len(self._rows[table]) >= ROWS:
            self._write_rows()

    def _write_rows(self) -> None:
        for table, rows in self._rows.items():
            copying.copy(table, rows)
        self._rows.clear()
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO ledger_closing VALUES (%s, %s)", self._closings)
        self._closings.clear()

    def _take_transaction(self, line: Line) -> None:
        if not self._batch:
            self._write_rows()
        if not self.entries:
            # Without statistics the trigger on postings would go through all accounts each time.
            with connection.cursor() as cursor:
                cursor.execute(compose("ANALYZE @schema@.ledger_account"))
        self._batch.append(line)
        self._postings += len(line.record["postings"])
        self.entries += 2 * len(line.record["postings"])
        if self._postings >= self._goal:
            self._write_batch()

    def _write_batch(self, *, is_last: bool = False) -> None:
        """Write the transactions taken; where that would take an account below its floor, later."""
        if not self._batch:
            return
        try:
            with transaction.atomic():
                self._insert(self._batch)
        except ArchiveInvalid:
            raise
        except InsufficientBalance as error:
            if is_last or self._goal >= BATCH_MAX:
                _refuse_all(self._batch, error)
            self._goal *= 2
            return
        except DomainError as error:
            self._blame(self._batch, error)
        self._batch.clear()
        self._postings = 0
        self._goal = BATCH

    def _insert(self, lines: list[Line]) -> None:
        self._check_accounts(lines)
        copying.copy(
            "ledger_transaction",
            [(line.number, copying.transaction_row(line.record, self._owner)) for line in lines],
        )
        copying.copy(
            "ledger_posting",
            [(line.number, row) for line in lines for row in copying.posting_rows(line.record)],
        )
        _check_links(lines)

    def _blame(self, lines: list[Line], error: DomainError) -> NoReturn:
        """Find the line for which a trigger refuses all of `lines`, by halves."""
        while len(lines) > 1:
            half = lines[: len(lines) // 2]
            try:
                with transaction.atomic():
                    self._insert(half)
            except InsufficientBalance:
                _refuse_all(lines, error)
            except DomainError as refusal:
                lines, error = half, refusal
            else:
                lines = lines[len(half) :]
        _refuse_all(lines, error)

    def _check_accounts(self, lines: list[Line]) -> None:
        """Check that every posting is between accounts of its currency."""
        named = {
            posting[side]
            for line in lines
            for posting in line.record["postings"]
            for side in ("debit", "credit")
        }
        if len(self._currencies) > KNOWN_MAX:
            self._currencies.clear()
        self._currencies |= queries.currencies(named - self._currencies.keys())
        for line in lines:
            for index, posting in enumerate(line.record["postings"]):
                for side in ("debit", "credit"):
                    held = self._currencies.get(posting[side])
                    if held != posting["currency"]:
                        holds = f"holds {held}" if held else "is not there"
                        what = f"postings[{index}].{side}: the account {posting[side]} {holds}"
                        archive.refuse(line.number, what)


def _check_links(lines: list[Line]) -> None:
    """Check what resolves and reverses, as the function that posts does."""
    linked = {
        line.record["id"]: line.number
        for line in lines
        if line.record["resolves"] or line.record["reverses"]
    }
    for transaction_id, what in queries.wrong_links(list(linked)):
        archive.refuse(linked[transaction_id], what)


def _refuse_all(lines: list[Line], error: DomainError) -> NoReturn:
    first, last = lines[0].number, lines[-1].number
    if first == last:
        archive.refuse(first, error.message.rstrip("."))
    raise ArchiveInvalid(f"Lines {first} to {last}: {error.message}", param="file")


_CLOSINGS = """
    CREATE TEMPORARY TABLE ledger_closing (account_id text, closed_at timestamptz) ON COMMIT DROP
"""
_CLOSE = """
    UPDATE @schema@.ledger_account AS a SET closed_at = c.closed_at
    FROM ledger_closing AS c WHERE a.id = c.account_id
"""
