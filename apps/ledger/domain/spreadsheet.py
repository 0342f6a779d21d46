"""CSV for spreadsheets: RFC 4180, UTF-8, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

# What a spreadsheet takes for the beginning of a formula, also behind white space or a quote that
# it strips; the full-width forms too.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  # they are what is meant


def to_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as lines of CSV; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def inert(text: str) -> str:
    """Return a text of the user's that no spreadsheet takes for a formula: `'` is put before it.

    Numbers of ours need none, and a negative one must have none.
    """
    return f"'{text}" if text.lstrip(" '\"").startswith(_FORMULA) else text
