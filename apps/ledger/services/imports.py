"""Reading an archive back: into an empty book, in one transaction, to the same seals."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from apps.core import context, jobs
from apps.identity.services import record_audit
from apps.ledger import installation
from apps.ledger.domain import Projection, archive, merkle, minute_of
from apps.ledger.domain.leaves import to_bytes
from apps.ledger.domain.records import Record
from apps.ledger.domain.refusals import ArchiveInvalid, BookNotEmpty, Frozen, ModeMismatch
from apps.ledger.domain.seals import GENESIS, Header, seal_hash
from apps.ledger.loading import Loader
from apps.ledger.models import LedgerPeriod, LedgerSeal, LedgerState, LedgerTransaction
from apps.ledger.queries import seals
from apps.ledger.queries.sums import compose
from apps.ledger.services.posting import expiry_job, use_projection
from apps.ledger.services.sealing import keep_snapshots

# Seals, and postings, that are read at a time.
PAGE = 500

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """How much was imported."""

    accounts: int
    periods: int
    transactions: int
    entries: int
    seals: int


def import_book(
    lines: Iterable[bytes],
    *,
    now: datetime,
    progress: Progress = lambda _done, _total: None,
) -> Imported:
    """Read an archive into the book of the current environment, which must be empty.

    Ids, times and balances become those of the archive. The environment's own account takes the
    place of the one that exported; other accounts stay. The seals are computed anew and compared.

    All or nothing: it is one transaction, and nobody else posts meanwhile. It takes memory for a
    batch, whatever the size of the book.

    :param lines: with their ends, each at most `archive.LINE_BYTES_MAX` long.
    :param progress: is told how many entries have been read, and how many there are.
    :raises ArchiveInvalid: the file is not whole, or not true; the message names the line.
    :raises BookNotEmpty: there is something in the book.
    :raises ModeMismatch: it is of a sandbox, and this is the live environment.
    :raises Frozen: the book takes nothing.
    """
    house = context.current().environment.account_id
    with transaction.atomic(durable=True):
        state = _take_book()
        records = archive.read(lines)
        header = next(records).record
        _check_mode(header)
        loader = Loader(lambda owner: house if owner == header["account"] else owner)
        with _adding_up_by_statement(), _looking_up_by_index():
            for line in records:
                loader.take(line)
                progress(loader.entries, header["entries"])
            loader.finish()
        imported = Imported(**{field.name: line.record[field.name] for field in fields(Imported)})
        _check_seals()
        _restore(state, header)
        record_audit(
            "ledger.book.imported",
            object_id=header["export"],
            after={"environment": header["environment"], **asdict(imported)},
            now=now,
        )
    return imported


def _take_book() -> LedgerState:
    """Keep everybody else from writing to the book until the end, and look that it is empty."""
    with connection.cursor() as cursor:
        cursor.execute(compose(_LOCK))
    state = LedgerState.objects.select_for_update().get()
    if state.frozen_at is not None:
        raise Frozen(f"The ledger is frozen: {state.frozen_reason}")
    for model in (LedgerTransaction, LedgerPeriod, LedgerSeal):
        if model.objects.exists():
            raise BookNotEmpty(
                f"The ledger of this environment is not empty: it has {model._meta.verbose_name}s."
            )
    return state


def _check_mode(header: Record) -> None:
    if context.current().environment.livemode and not header["livemode"]:
        raise ModeMismatch("The archive is of a sandbox, and this environment is live.")


@contextmanager
def _adding_up_by_statement() -> Iterator[None]:
    """Have floors looked at after a whole batch, where the database can: see `loading`."""
    kind = installation.installed_projection(connection)
    can_change = kind is Projection.ROW and installation.runs_statement_triggers(connection)
    if can_change:
        use_projection(Projection.STATEMENT)
    yield
    if can_change:
        use_projection(kind)


@contextmanager
def _looking_up_by_index() -> Iterator[None]:
    """Have rows looked up by their indexes, as the function that posts does.

    The tables have no statistics until all is in, and would be read from end to end in each batch.
    """
    settings = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {setting} = off" for setting in settings))
    yield
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {setting} TO DEFAULT" for setting in settings))


def _check_seals() -> None:
    """Compute every seal from the postings that were imported, and compare.

    :raises ArchiveInvalid: names the first seal that differs.
    """
    with connection.cursor() as cursor:
        # What was just written has no statistics yet.
        cursor.execute(compose(_ANALYZE))
    number, last_posting, last_hash = 0, 0, GENESIS
    while page := seals.chain(after=number, until=number + PAGE):
        for seal in page:
            leaves = _leaf_hashes(after=last_posting, until=seal.last_posting)
            header = Header(
                number=number + 1,
                previous=last_hash,
                root=merkle.root(leaves).hex(),
                count=len(leaves),
                sealed_at=seal.created_at,
            )
            if seal_hash(header) != seal.hash or _said(seal) != (last_posting, header):
                raise ArchiveInvalid(
                    f"Seal {seal.number} is not what the postings {last_posting + 1} to "
                    f"{seal.last_posting} and the seal before come to.",
                    param="file",
                )
            number, last_posting, last_hash = seal.number, seal.last_posting, seal.hash
    if seals.newest_posting() > last_posting:
        raise ArchiveInvalid(f"There are postings after the last seal, {number}.", param="file")


def _leaf_hashes(*, after: int, until: int) -> list[bytes]:
    """Return the hashes of postings, read page by page."""
    hashes: list[bytes] = []
    while page := seals.read_postings(after=after, until=until, limit=PAGE):
        hashes += [merkle.leaf_hash(to_bytes(row.leaf)) for row in page if row.leaf]
        after = page[-1].id
    return hashes


def _said(seal: LedgerSeal) -> tuple[int, Header]:
    """Return what a seal says of itself: after which posting it begins, and its header."""
    return seal.after_posting, Header(
        number=seal.number,
        previous=seal.previous_hash,
        root=seal.root,
        count=seal.posting_count,
        sealed_at=seal.created_at,
    )


def _restore(state: LedgerState, header: Record) -> None:
    """Let the book go on where the other one was."""
    keep_snapshots(after=0, until=header["until_posting"])
    closed = LedgerPeriod.objects.filter(reopened_at=None)
    state.closed_before = closed.aggregate(until=Max("ends_at"))["until"]
    state.sealed_until = header["until_posting"]
    state.horizon = state.horizon_xmax = None
    state.save(update_fields=["closed_before", "sealed_until", "horizon", "horizon_xmax"])
    if state.sealed_until:
        with connection.cursor() as cursor:
            cursor.execute(compose(_GO_ON), {"last": state.sealed_until})
    pending = LedgerTransaction.objects.filter(expires_at__isnull=False, resolved_by=None)
    expiries = pending.order_by().values_list("expires_at", flat=True)
    for minute in {minute_of(at) for at in expiries.iterator() if at is not None}:
        jobs.schedule(expiry_job(minute))


# Readers go on. Whoever posts or opens an account waits, as long as the lock timeout allows.
_LOCK = """
    LOCK TABLE @schema@.ledger_account, @schema@.ledger_transaction IN SHARE ROW EXCLUSIVE MODE
"""
_ANALYZE = "ANALYZE @schema@.ledger_account, @schema@.ledger_transaction, @schema@.ledger_posting"
_GO_ON = """
    SELECT setval(pg_get_serial_sequence('@schema@.ledger_posting', 'id'), %(last)s)
"""
