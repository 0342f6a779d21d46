"""The archive: an export of the whole book as JSON Lines, written and read a line at a time.

A header; the accounts; the periods; the transactions in the order in which they were posted, with
each seal after the last transaction that it has a posting of; a trailer with the counts and the
SHA-256 of all lines before. So a file that was cut off or changed is told from a whole one. What
the records have is in `records`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from apps.ledger.domain.postings import Layer
from apps.ledger.domain.records import FIELDS, FORMAT, VERSION, Record, check_fields
from apps.ledger.domain.refusals import ArchiveInvalid

# A transaction with the most postings that there can be takes about 4 MB.
LINE_BYTES_MAX: Final = 16 * 1024 * 1024
# What may follow what; a kind may follow itself where it comes many times.
_NEXT: Final = {
    "": {"header"},
    "header": {"account", "period", "transaction", "trailer"},
    "account": {"account", "period", "transaction", "trailer"},
    "period": {"period", "transaction", "trailer"},
    "transaction": {"transaction", "seal", "trailer"},
    "seal": {"transaction", "seal", "trailer"},
    "trailer": set(),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read: its number, from 1, and its record without the `type`."""

    number: int
    kind: str
    record: Record


class Writer:
    """Makes the lines of an archive, and the trailer that vouches for them."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._counts: Counter[str] = Counter()

    def header(self, record: Record) -> bytes:
        """Return the first line."""
        return self.line("header", {"format": FORMAT, "version": VERSION, **record})

    def line(self, kind: str, record: Record) -> bytes:
        """Return the line of a record of the book."""
        line = _to_line(kind, record)
        self._hash.update(line)
        _count(self._counts, kind, record)
        return line

    def trailer(self) -> bytes:
        """Return the last line."""
        return _to_line("trailer", {**_totals(self._counts), "sha256": self._hash.hexdigest()})


def read(lines: Iterable[bytes]) -> Iterator[Line]:
    """Yield what is in an archive, checked line by line; the trailer last, if all of it is there.

    Memory is taken for one line at a time. Until the trailer has come, the rest may be missing.

    :param lines: with their ends; one may be at most `LINE_BYTES_MAX` long.
    :raises ArchiveInvalid: at the first line that is not what it should be, with its number.
    """
    reader = _Reader()
    number = 0
    for number, line in enumerate(lines, start=1):
        try:
            yield Line(number, *reader.take(line))
        except ValueError as error:
            refuse(number, str(error))
    if not reader.is_at_end:
        refuse(number + 1, "the file ends here, without the trailer that tells that it is whole")


def refuse(number: int, what: str) -> NoReturn:
    """Refuse an archive for what is in one of its lines.

    :raises ArchiveInvalid: always.
    """
    raise ArchiveInvalid(f"Line {number}: {what}.", param="file")


def _to_line(kind: str, record: Record) -> bytes:
    text = json.dumps({"type": kind, **record}, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


class _Reader:
    """Takes the lines of an archive one after the other, and refuses by `ValueError`."""

    def __init__(self) -> None:
        self._kind = ""
        self._header: Record = {}
        self._last_seal: Record = {"number": 0, "last_posting": 0, "hash": None}
        self._hash = hashlib.sha256()
        self._counts: Counter[str] = Counter()

    @property
    def is_at_end(self) -> bool:
        """Return whether the trailer has come."""
        return self._kind == "trailer"

    def take(self, line: bytes) -> tuple[str, Record]:
        """Return kind and record of the next line."""
        kind, given = _parse(line)
        if kind not in _NEXT[self._kind]:
            raise ValueError(f"a {kind} does not belong {_after(self._kind)}")
        if kind == "header":
            _check_version(given)
        record = check_fields(FIELDS[kind], given)
        match kind:
            case "header":
                self._header = record
            case "transaction":
                _check_layers(record)
            case "seal":
                self._check_next(record)
                self._last_seal = record
            case "trailer":
                self._check_end(record)
        self._kind = kind
        self._hash.update(line)
        _count(self._counts, kind, record)
        return kind, record

    def _check_next(self, seal: Record) -> None:
        expected = self._last_seal["number"] + 1
        if seal["number"] != expected:
            raise ValueError(f"seal {expected} should be here, and not {seal['number']}")

    def _check_end(self, trailer: Record) -> None:
        totals = _totals(self._counts)
        for name, total in totals.items():
            if trailer[name] != total:
                raise ValueError(f"there should be {trailer[name]} {name}, and there are {total}")
        if trailer["sha256"] != self._hash.hexdigest():
            raise ValueError("the hash of the lines before is another one: they were changed")
        promised = {
            "entries": totals["entries"],
            "seals": self._last_seal["number"],
            "until_posting": self._last_seal["last_posting"],
            "last_seal_hash": self._last_seal["hash"],
        }
        for name, value in promised.items():
            if self._header[name] != value:
                raise ValueError(f"{name} of the header is {self._header[name]}, and not {value}")


def _parse(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return what kind of record a line says it is, and its other fields, not checked."""
    if not line.endswith(b"\n"):
        raise ValueError("it is cut off, or too long")
    try:
        given = json.loads(line.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    kind = given.pop("type", None) if isinstance(given, dict) else None
    if not isinstance(kind, str) or kind not in FIELDS:
        raise ValueError("it is no record of an archive")
    return kind, given


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _after(kind: str) -> str:
    return f"after a {kind}" if kind else "at the beginning"


def _check_version(header: dict[str, Any]) -> None:
    """Check what the fields depend on, so that another version is not told of a missing field."""
    if header.get("format") != FORMAT:
        raise ValueError(f"it is not the header of an archive of a ledger ({FORMAT})")
    if header.get("version") != VERSION:
        raise ValueError(f"its version is {header.get('version')!r:.64}, and not {VERSION}")


def _check_layers(transaction: Record) -> None:
    """Check that what a transaction does fits what it is."""
    layers = {posting["layer"] for posting in transaction["postings"]}
    if transaction["resolves"] is not None:
        allowed = [{Layer.RELEASED}, {Layer.RELEASED, Layer.POSTED}]
    elif transaction["reverses"] is not None:
        allowed = [{Layer.POSTED}]
    else:
        allowed = [{Layer.POSTED}, {Layer.PENDING}]
    if layers not in allowed:
        raise ValueError(f"such a transaction has no postings that are {_words(layers)}")
    if transaction["expires_at"] is not None and layers != {Layer.PENDING}:
        raise ValueError("expires_at is for a pending transaction")


def _words(layers: set[str]) -> str:
    return " and ".join(sorted(layers))


def _count(counts: Counter[str], kind: str, record: Record) -> None:
    counts[kind] += 1
    if kind == "transaction":
        counts["entry"] += 2 * len(record["postings"])


def _totals(counts: Counter[str]) -> dict[str, int]:
    return {
        "accounts": counts["account"],
        "periods": counts["period"],
        "transactions": counts["transaction"],
        "entries": counts["entry"],
        "seals": counts["seal"],
    }
