"""Text in a PDF, in any script: each character in the first font that has it.

DejaVu Sans, which comes along, has the scripts of Europe and more (Arabic and Hebrew without their
direction and joining). Chinese, Japanese and Korean are left to the fonts of whoever reads the
file. What no font has is shown as a replacement character.
"""

import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

BODY: Final = "DejaVuSans"
_FILE: Final = Path(__file__).parent.parent / "fonts" / "DejaVuSans.ttf"
_MISSING: Final = "\N{REPLACEMENT CHARACTER}"
# Fonts that every reader of PDF has a stand-in for, by how Unicode begins the names of their
# characters.
_OF_READER: Final = (
    (("CJK ", "IDEOGRAPHIC ", "FULLWIDTH "), "STSong-Light"),
    (("HIRAGANA ", "KATAKANA ", "KATAKANA-HIRAGANA ", "HALFWIDTH KATAKANA "), "HeiseiMin-W3"),
    (("HANGUL ",), "HYSMyeongJo-Medium"),
)
# Beyond it, what the files say of their characters would not be valid.
_BASIC_PLANE_END: Final = 0x10000

Run = tuple[str, str]


@cache
def load_fonts() -> TTFont:
    """Make the fonts known, once in a process; return the one that comes along."""
    body = TTFont(BODY, _FILE)
    pdfmetrics.registerFont(body)
    for _, name in _OF_READER:
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return body


def runs(text: str) -> list[Run]:
    """Return `text` in pieces, each with the name of its font."""
    if text.isascii() and text.isprintable():
        return [(BODY, text)]
    shown = ((_font_of(char), char) for char in map(_printable, text))
    return [
        (font, "".join(char for _, char in piece))
        for font, piece in groupby(
            ((font or BODY, char if font else _MISSING) for font, char in shown),
            key=lambda pair: pair[0],
        )
    ]


def width(text: str, *, size: float) -> float:
    """Return how wide `text` is, in points."""
    return sum(pdfmetrics.stringWidth(piece, font, size) for font, piece in runs(text))


def fitted(text: str, *, size: float, within: float) -> str:
    """Return `text`, shortened to `within` points if it must be."""
    if width(text, size=size) <= within:
        return text
    # Halving finds the length: the width grows with it.
    fits, fails = 0, len(text)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if width(f"{text[:middle]}…", size=size) <= within:
            fits = middle
        else:
            fails = middle
    return f"{text[:fits]}…"


def draw(canvas: Canvas, text: str, *, x: float, y: float, size: float) -> None:
    """Write `text` from `x` on."""
    for font, piece in runs(text):
        canvas.setFont(font, size)
        canvas.drawString(x, y, piece)
        x += pdfmetrics.stringWidth(piece, font, size)


def draw_right(canvas: Canvas, text: str, *, x: float, y: float, size: float) -> None:
    """Write `text` up to `x`."""
    draw(canvas, text, x=x - width(text, size=size), y=y, size=size)


def _printable(char: str) -> str:
    # Line breaks, tabs, and what changes the direction of text: none has a place in a cell.
    return " " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") else char


def _font_of(char: str) -> str | None:
    if ord(char) >= _BASIC_PLANE_END:
        return None
    if ord(char) in load_fonts().face.charToGlyph:
        return BODY
    name = unicodedata.name(char, "")
    return next((font for beginnings, font in _OF_READER if name.startswith(beginnings)), None)
