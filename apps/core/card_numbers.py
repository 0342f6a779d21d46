"""Finding card numbers in texts where none belongs.

What is taken for one: 14 to 19 digits of any script, in one piece or in groups with blanks, dashes
or dots between them, that begin as the cards of a network do, have a length that the network uses,
and end in the right check digit. About one in thirty other numbers of 16 digits is taken for a
card; times, identifiers, digests and UUIDs are not.
"""

import re
import unicodedata
from collections.abc import Iterator

LENGTHS = range(14, 20)
REMOVED = "[removed]"

# How numbers begin, first and last of a range, and how long they are.
_NETWORKS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (16, 18, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", (14, 16, 19)),  # Diners Club
    ("36", "36", (14, 16, 19)),
    ("38", "39", (14, 16, 19)),
    ("6011", "6011", (16, 19)),  # Discover
    ("644", "659", (16, 19)),
    ("3528", "3589", (16, 19)),  # JCB
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("81", "82", (16, 17, 18, 19)),
    ("50", "50", (16, 18, 19)),  # Maestro and debit cards of one country
    ("56", "59", (16, 18, 19)),
    ("60", "60", (16, 18, 19)),
    ("63", "63", (16, 18, 19)),
    ("67", "67", (16, 18, 19)),
    ("2200", "2204", (16, 17, 18, 19)),  # Mir
    ("9792", "9792", (16,)),  # Troy
)

_RUN = re.compile(r"\d(?:[\s.\u00ad\u2010-\u2015\u2212_/+-]{0,3}\d){13,}")
_GROUP = re.compile(r"\d+")
# What has long runs of digits by chance: hexadecimal digests, UUIDs, and our own identifiers.
_CHANCE = re.compile(
    r"\b(?=[0-9]*[a-f])[0-9a-f]{24,}\b"
    r"|\b(?=[0-9-]*[a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b[a-z]{1,9}(?:_[a-z]{1,9})?_(?=[0-9]*[A-Za-z])[0-9A-Za-z]{24,}\b",
    re.IGNORECASE | re.ASCII,
)


def has_number(text: str) -> bool:
    """Return whether there is a card number in `text`."""
    return next(_spans(text), None) is not None


def remove(text: str) -> str:
    """Return `text` without the card numbers that are in it."""
    parts, end = [], 0
    for start, stop in _spans(text):
        parts += [text[end:start], REMOVED]
        end = stop
    return "".join([*parts, text[end:]]) if parts else text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where card numbers begin and end, from left to right."""
    if len(text) < LENGTHS.start or _RUN.search(text) is None:
        return
    # As many characters as before, so that places stay the same.
    plain = _CHANCE.sub(lambda match: "x" * len(match[0]), text)
    for run in _RUN.finditer(plain):
        groups = [(run.start() + one.start(), one[0]) for one in _GROUP.finditer(run[0])]
        yield from _in_groups(groups)


def _in_groups(groups: list[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    """Yield the numbers that whole groups of digits make up; no group is part of two."""
    first = 0
    while first < len(groups):
        digits = ""
        for last in range(first, len(groups)):
            place, group = groups[last]
            digits += group
            if len(digits) >= LENGTHS.stop:
                break
            if _is_number(digits):
                yield groups[first][0], place + len(group)
                first = last
                break
        first += 1


def _is_number(digits: str) -> bool:
    if len(digits) not in LENGTHS:
        return False
    ascii_digits = "".join(str(unicodedata.digit(one)) for one in digits)
    return _begins_as_a_card(ascii_digits) and _has_check_digit(ascii_digits)


def _begins_as_a_card(digits: str) -> bool:
    return any(
        len(digits) in lengths and first <= digits[: len(first)] <= last
        for first, last, lengths in _NETWORKS
    )


def _has_check_digit(digits: str) -> bool:
    """Return whether the last digit is the one that Luhn's formula gives."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
