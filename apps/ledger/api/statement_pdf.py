"""A statement as PDF: pages of A4 with the account, the period, and a line for each entry."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from apps.core.money import Money
from apps.ledger.api import pdf_text
from apps.ledger.domain import Side
from apps.ledger.queries import Entry, Statement

# More are no document but a book: a spreadsheet serves better.
ENTRIES_MAX: Final = 5_000

WIDTH, HEIGHT = A4
MARGIN: Final = 40.0
RIGHT: Final = WIDTH - MARGIN
LINE: Final = 12.0
SMALL, NORMAL, LARGE = 7.0, 9.0, 15.0
# Where the columns begin, or, of amounts, end.
DATE_AT, WHAT_AT, WHAT_END = MARGIN, MARGIN + 88, MARGIN + 250
DEBIT_END, CREDIT_END, BALANCE_END = RIGHT - 176, RIGHT - 88, RIGHT
AMOUNT_WIDTH: Final = 84.0
# The first lines of the table: under the heading of the first page, under that of the others.
FIRST_TOP, NEXT_TOP, BOTTOM = HEIGHT - 196, HEIGHT - 76, 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table; None leaves a cell empty."""

    at: datetime
    what: str
    debit: Money | None
    credit: Money | None
    balance: Money


def render(
    statement: Statement, entries: Sequence[Entry], *, is_live: bool, made_at: datetime
) -> bytes:
    """Return the file.

    :param entries: all of the statement, at most ENTRIES_MAX.
    """
    pdf_text.load_fonts()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    canvas.setTitle(f"Statement of {statement.account.code}")
    canvas.setCreator("FinCloud")
    pages = _pages(_lines(statement, entries))
    for number, lines in enumerate(pages, start=1):
        _heading(canvas, statement, is_first=number == 1, is_live=is_live)
        y = FIRST_TOP if number == 1 else NEXT_TOP
        _table_head(canvas, y=y)
        for line in lines:
            y -= LINE
            _line(canvas, line, y=y)
        footer = f"Made {_second(made_at)}. Times are UTC. Page {number} of {len(pages)}"
        pdf_text.draw_right(canvas, footer, x=RIGHT, y=BOTTOM - 30, size=SMALL)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _lines(statement: Statement, entries: Sequence[Entry]) -> list[Line]:
    debited, credited = (
        Money(minor, statement.account.currency)
        for minor in (statement.debits_minor, statement.credits_minor)
    )
    return [
        Line(statement.starts_at, "Opening balance", None, None, statement.opening),
        *(_entry_line(entry) for entry in entries),
        Line(statement.ends_at, "Closing balance", debited, credited, statement.closing),
    ]


def _entry_line(entry: Entry) -> Line:
    size = Money(abs(entry.amount_minor), entry.currency)
    is_debit = entry.side is Side.DEBIT
    return Line(
        at=entry.effective_at,
        what=entry.reference,
        debit=size if is_debit else None,
        credit=None if is_debit else size,
        balance=entry.balance,
    )


def _pages(lines: list[Line]) -> list[list[Line]]:
    """Return the lines of each page."""
    on_first, on_next = (int((top - BOTTOM) // LINE) for top in (FIRST_TOP, NEXT_TOP))
    rest = lines[on_first:]
    return [
        lines[:on_first],
        *(rest[start : start + on_next] for start in range(0, len(rest), on_next)),
    ]


def _heading(canvas: Canvas, statement: Statement, *, is_first: bool, is_live: bool) -> None:
    account = statement.account
    period = f"{_second(statement.starts_at)} to {_second(statement.ends_at)}"
    y = HEIGHT - MARGIN - LARGE
    if not is_live:
        pdf_text.draw_right(canvas, "TEST DATA", x=RIGHT, y=y, size=NORMAL)
    if not is_first:
        text = pdf_text.fitted(f"{account.code}, {period}", size=NORMAL, within=RIGHT - MARGIN - 70)
        pdf_text.draw(canvas, text, x=MARGIN, y=y, size=NORMAL)
        return
    pdf_text.draw(canvas, "Statement", x=MARGIN, y=y, size=LARGE)
    facts = [
        ("Account", account.name or account.code),
        ("Code", account.code),
        ("Id", account.pk),
        ("Kind", f"{account.kind}, in {account.currency.upper()}, grows by {account.normal_side}s"),
        ("Period", period),
        ("Opening balance", str(statement.opening)),
        ("Closing balance", str(statement.closing)),
    ]
    for title, text in facts:
        y -= LINE + 3
        pdf_text.draw(canvas, title, x=MARGIN, y=y, size=NORMAL)
        text = pdf_text.fitted(text, size=NORMAL, within=RIGHT - WHAT_AT)
        pdf_text.draw(canvas, text, x=WHAT_AT, y=y, size=NORMAL)


def _table_head(canvas: Canvas, *, y: float) -> None:
    pdf_text.draw(canvas, "Date", x=DATE_AT, y=y, size=SMALL)
    pdf_text.draw(canvas, "Reference", x=WHAT_AT, y=y, size=SMALL)
    for title, end in (("Debit", DEBIT_END), ("Credit", CREDIT_END), ("Balance", BALANCE_END)):
        pdf_text.draw_right(canvas, title, x=end, y=y, size=SMALL)
    canvas.line(MARGIN, y - 3, RIGHT, y - 3)


def _line(canvas: Canvas, line: Line, *, y: float) -> None:
    pdf_text.draw(canvas, _second(line.at), x=DATE_AT, y=y, size=SMALL)
    what = pdf_text.fitted(line.what, size=SMALL, within=WHAT_END - WHAT_AT)
    pdf_text.draw(canvas, what, x=WHAT_AT, y=y, size=SMALL)
    for money, end in (
        (line.debit, DEBIT_END),
        (line.credit, CREDIT_END),
        (line.balance, BALANCE_END),
    ):
        if money is not None:
            _amount(canvas, money, end=end, y=y)


def _amount(canvas: Canvas, money: Money, *, end: float, y: float) -> None:
    """Write an amount without its currency, which the heading names; smaller if it must be."""
    text = str(money).rpartition(" ")[0]
    needed = pdf_text.width(text, size=SMALL)
    size = SMALL * min(1.0, AMOUNT_WIDTH / needed)
    pdf_text.draw_right(canvas, text, x=end, y=y, size=size)


def _second(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
