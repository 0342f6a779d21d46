"""The records of an archive, one a line: their fields, and what is checked of each.

A check takes what JSON made of a field, and returns the value that the tables take: an `_instant`
becomes a datetime, a `_digest` bytes. It refuses by `ValueError`, with the end of a sentence that
begins with the field's name. What only the tables can tell (that an id is new, that an account is
there) is left to them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from apps.core.money import CURRENCIES, MAX_MINOR
from apps.ledger.domain.chart import CODE_LENGTH, Kind
from apps.ledger.domain.postings import FIRST_AFTER_RELEASED, POSTINGS_MAX, REFERENCE_LENGTH, Layer

FORMAT: Final = "fincloud.ledger"
VERSION: Final = 1
# Ids, counts and numbers are BIGINT columns, or smaller ones.
_BIG: Final = 2**63 - 1
_SMALL: Final = 2**15 - 1
_ID = re.compile(r"[a-z]{1,12}_[0-9A-Za-z]{1,51}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_HEX = re.compile(r"[0-9a-f]{64}")

Record = dict[str, Any]
Check = Callable[[Any], Any]
Fields = Mapping[str, Check]


class Wrong(ValueError):
    """A field is wrong: its path, and what it should be."""


def check_fields(fields: Fields, given: Any) -> Record:
    """Return `given` with every field checked.

    :raises Wrong: a field is missing, unknown, or not what it should be.
    :raises ValueError: it has no fields at all.
    """
    if type(given) is not dict:
        raise ValueError("an object")
    if given.keys() != fields.keys():
        odd = sorted(given.keys() ^ fields.keys())[0]
        raise Wrong(f"{odd[:64]} is {'missing' if odd in fields else 'unknown'}")
    return {name: _check_at(name, check, given[name]) for name, check in fields.items()}


def _check_at(name: str, check: Check, value: Any) -> Any:
    """Return what `check` makes of `value`; where it refuses, say where."""
    try:
        return check(value)
    except Wrong as error:
        raise Wrong(f"{name}{'' if str(error).startswith('[') else '.'}{error}") from None
    except ValueError as error:
        raise Wrong(f"{name} is not {error}") from None


def _text(longest: int, *, shortest: int = 0) -> Check:
    def check(value: Any) -> str:
        if type(value) is not str or not shortest <= len(value) <= longest:
            raise ValueError(f"text of {shortest} to {longest} characters")
        return _storable(value)

    return check


def _storable(text: str) -> str:
    """Return `text` if PostgreSQL can store it."""
    if _UNSTORABLE.search(text):
        raise ValueError("text that can be stored: it has a NUL, or half of a character")
    return text


def _integer(lowest: int, highest: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not lowest <= value <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return value

    return check


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


def _one_of(*values: Any) -> Check:
    def check(value: Any) -> Any:
        # Of the same type too: to Python, True is 1.
        if not any(value == one and type(value) is type(one) for one in values):
            raise ValueError(f"one of {', '.join(str(one) for one in values)}")
        return value

    return check


def _currency(value: Any) -> str:
    if type(value) is not str or value not in CURRENCIES:
        raise ValueError("a currency")
    return value


def _id(prefix: str = "") -> Check:
    def check(value: Any) -> str:
        if type(value) is not str or not _ID.fullmatch(value) or not value.startswith(prefix):
            raise ValueError(f"an id ({prefix}…)" if prefix else "an id")
        return value

    return check


def _instant(value: Any) -> datetime:
    if type(value) is not str or not _INSTANT.fullmatch(value):
        raise ValueError("an instant (2030-01-31T12:00:00.000000Z)")
    return datetime.fromisoformat(value)


def _hash(value: Any) -> str:
    if type(value) is not str or not _HEX.fullmatch(value):
        raise ValueError("a hash (64 hexadecimal digits)")
    return value


def _digest(value: Any) -> bytes:
    return bytes.fromhex(_hash(value))


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _metadata(value: Any) -> dict[str, str]:
    if type(value) is not dict or not all(type(one) is str for one in value.values()):
        raise ValueError("a map of text to text")
    for text in (*value.keys(), *value.values()):
        _storable(text)
    return value


def _facts(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError("an object")
    _check_facts(value)
    return value


def _check_facts(value: Any) -> None:
    if isinstance(value, str):
        _storable(value)
    elif isinstance(value, list):
        for inner in value:
            _check_facts(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _storable(name)
            _check_facts(inner)


def _list_of(fields: Fields, *, longest: int) -> Check:
    def check(value: Any) -> list[Record]:
        if type(value) is not list or not 1 <= len(value) <= longest:
            raise ValueError(f"a list of 1 to {longest} objects")
        return [
            _check_at(f"[{index}]", lambda one: check_fields(fields, one), inner)
            for index, inner in enumerate(value)
        ]

    return check


_COUNT = _integer(0, _BIG)
_MINOR = _integer(1, MAX_MINOR)
_LINE = _or_null(_integer(0, _SMALL))

_POSTING: Final[Fields] = {
    "id": _integer(1, _BIG),
    "position": _integer(0, _SMALL),
    "debit": _id("lacct_"),
    "credit": _id("lacct_"),
    "amount": _MINOR,
    "currency": _currency,
    "layer": _one_of(*(layer.value for layer in Layer)),
    "debit_line": _LINE,
    "credit_line": _LINE,
}
# The fields of each kind of record, after its `type`. `docs/ledger.md` says what they mean.
FIELDS: Final[Mapping[str, Fields]] = {
    "header": {
        "format": _one_of(FORMAT),
        "version": _one_of(VERSION),
        "export": _id("lexp_"),
        "environment": _id("env_"),
        "account": _id("acct_"),
        "livemode": _boolean,
        "created_at": _instant,
        "until_posting": _COUNT,
        "entries": _COUNT,
        "seals": _COUNT,
        "last_seal_hash": _or_null(_hash),
    },
    "account": {
        "id": _id("lacct_"),
        "account": _id("acct_"),
        "code": _text(CODE_LENGTH, shortest=1),
        "currency": _currency,
        "kind": _one_of(*(kind.value for kind in Kind)),
        "name": _text(120),
        "floor": _or_null(_integer(-_BIG, 0)),
        "stripes": _integer(1, 64),
        "created_at": _instant,
        "closed_at": _or_null(_instant),
        "metadata": _metadata,
    },
    "period": {
        "id": _id("lper_"),
        "account": _id("acct_"),
        "created_at": _instant,
        "starts_at": _or_null(_instant),
        "ends_at": _instant,
        "closed_by": _text(80),
        "reopened_at": _or_null(_instant),
        "reopened_by": _text(80),
        "reopen_reason": _text(500),
        "metadata": _metadata,
    },
    "transaction": {
        "id": _id("ltx_"),
        "account": _id("acct_"),
        "reference": _text(REFERENCE_LENGTH, shortest=1),
        "fingerprint": _digest,
        "created_at": _instant,
        "effective_at": _instant,
        "expires_at": _or_null(_instant),
        "resolves": _or_null(_id("ltx_")),
        "reverses": _or_null(_id("ltx_")),
        "source_id": _or_null(_id()),
        "details": _facts,
        "metadata": _metadata,
        "postings": _list_of(_POSTING, longest=FIRST_AFTER_RELEASED + POSTINGS_MAX),
    },
    "seal": {
        "id": _id("lseal_"),
        "account": _id("acct_"),
        "created_at": _instant,
        "number": _integer(1, _BIG),
        "after_posting": _COUNT,
        "last_posting": _integer(1, _BIG),
        "posting_count": _integer(1, 2**31 - 1),
        "root": _hash,
        "previous_hash": _hash,
        "hash": _hash,
        "metadata": _metadata,
    },
    "trailer": {
        "accounts": _COUNT,
        "periods": _COUNT,
        "transactions": _COUNT,
        "entries": _COUNT,
        "seals": _COUNT,
        "sha256": _hash,
    },
}
