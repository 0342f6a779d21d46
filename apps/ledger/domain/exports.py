"""Exports: their forms and states, and how the entries look in a spreadsheet."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from apps.core.money import Money
from apps.ledger.domain.chart import Side
from apps.ledger.domain.moves import entry_id
from apps.ledger.domain.records import Record
from apps.ledger.domain.spreadsheet import inert


class Format(StrEnum):
    """`jsonl`: the whole book, to be kept and read back. `csv`: its entries, for a spreadsheet."""

    JSONL = "jsonl"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """Return what a file of this form is on the web."""
        return "application/jsonl" if self is Format.JSONL else "text/csv"

    @property
    def content_type(self) -> str:
        """Return the media type with the charset of a text."""
        return f"{self.media_type}; charset=utf-8" if self is Format.CSV else self.media_type


class ExportStatus(StrEnum):
    """What became of the latest download: there was none; it goes on or broke off; it had all."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETE = "complete"


class Named(NamedTuple):
    """What a spreadsheet says of an account."""

    code: str
    name: str
    kind: str


COLUMNS: Final = (
    "entry",
    "transaction",
    "reference",
    "account",
    "account_code",
    "account_name",
    "account_kind",
    "side",
    "amount",
    "amount_minor",
    "currency",
    "layer",
    "effective_at",
    "recorded_at",
    "metadata",
)


def entry_rows(transaction: Record, accounts: Mapping[str, Named]) -> Iterator[tuple[object, ...]]:
    """Yield the entries of a transaction of an archive, in the order of `COLUMNS`.

    Amounts are positive; `side` says on which side of the account, and a `released` one takes as
    much off what was `pending`.

    :param accounts: those that it names, by id.
    """
    about = (transaction["id"], inert(transaction["reference"]))
    times = (transaction["effective_at"], transaction["created_at"])
    metadata = json.dumps(transaction["metadata"], ensure_ascii=False, sort_keys=True)
    for posting in transaction["postings"]:
        money = Money(posting["amount"], posting["currency"])
        for place, side in enumerate(Side):
            account_id = posting[side.value]
            account = accounts[account_id]
            yield (
                entry_id(transaction["id"], posting["position"], place),
                *about,
                account_id,
                inert(account.code),
                inert(account.name),
                account.kind,
                side.value,
                money.major,
                money.minor,
                money.currency,
                posting["layer"],
                *times,
                metadata,
            )


def last_row(count: int) -> tuple[str, ...]:
    """Return the row at the end, which tells that no entry is missing."""
    return (f"# complete: {count} entries", *("",) * (len(COLUMNS) - 1))
