"""CSV: what a user wrote is text to a spreadsheet, whatever it begins with."""

import csv
import io

import pytest

from apps.ledger.domain.spreadsheet import inert, to_csv


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        '"=1',
        "'=1",
        "＝1",  # noqa: RUF001  # full width
    ],
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    assert inert(text) == "'" + text


@pytest.mark.parametrize("text", ["", "sale:1", "1-1", "a=b", '{"a": "=1"}', "'quoted'", "ü"])
def test_other_text_stays_as_it_is(text):
    assert inert(text) == text


def test_cells_are_quoted_where_they_must_be():
    cells = ["a,b", 'say "ü"', "two\nlines", "", "plain"]

    written = to_csv([[*cells, -5, None]])

    assert written.startswith(b'"a,b",')
    (read,) = csv.reader(io.StringIO(written.decode(), newline=""))
    assert read == [*cells, "-5", ""]
