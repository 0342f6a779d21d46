"""The grammar of a search.

    query  := clause (("AND" | blank) clause)* | clause ("OR" clause)*
    clause := ["-"] field operator value
    field  := name ("." name)* | "metadata" "[" text "]"
    operator := ":" | "~" | ">" | "<" | ">=" | "<="
    value  := text | number | "null"
    text   := in double or single quotes; a backslash takes the next character as it is

AND and OR do not mix, and there are no brackets.
"""

import re
from dataclasses import dataclass

from apps.core.errors import Invalid

LENGTH_MAX = 5_000
CLAUSES_MAX = 10

_TEXT = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'"
_CLAUSE = re.compile(
    rf"""
    (?P<minus>-?)
    (?:metadata\[\s*(?P<key>{_TEXT})\s*\] | (?P<field>[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*))
    \s*(?P<operator>:|~|>=|<=|>|<)\s*
    (?P<value>{_TEXT} | -?\d{{1,19}}(?![\w.]) | null(?!\w))
    """,
    re.VERBOSE | re.DOTALL,
)
_JOINT = re.compile(r"\s+(?:(AND|OR)\s+)?")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class InvalidQuery(Invalid):
    """A search cannot be read, or asks for what cannot be searched."""

    code = "search_query_invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message, param="query")


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition.

    :ivar field: as it was written; `metadata` for a key of it.
    :ivar key: of metadata; empty for another field.
    :ivar value: a text, a number, or None for `null`.
    """

    field: str
    key: str
    operator: str
    value: str | int | None
    is_negated: bool

    def __str__(self) -> str:
        return f'{self.field}["{self.key}"]' if self.key else self.field


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions that must all be true, or one of them at least."""

    clauses: tuple[Clause, ...]
    is_any: bool


def parse(text: str) -> Query:
    """Return what `text` asks for.

    :raises InvalidQuery: it does not follow the grammar, or is too long.
    """
    if len(text) > LENGTH_MAX:
        raise InvalidQuery(f"A query has at most {LENGTH_MAX} characters.")
    text = text.strip()
    clauses: list[Clause] = []
    joints: set[str] = set()
    place = 0
    while True:
        match = _CLAUSE.match(text, place)
        if match is None:
            raise _unreadable(text, place)
        clauses.append(_clause(match))
        place = match.end()
        if place == len(text):
            break
        joint = _JOINT.match(text, place)
        if joint is None:
            raise _unreadable(text, place)
        joints.add(joint[1] or "AND")
        place = joint.end()
    if len(joints) > 1:
        raise InvalidQuery("A query joins its conditions by AND or by OR, not by both.")
    if len(clauses) > CLAUSES_MAX:
        raise InvalidQuery(f"A query has at most {CLAUSES_MAX} conditions.")
    return Query(tuple(clauses), is_any=joints == {"OR"})


def _clause(match: re.Match[str]) -> Clause:
    key = match["key"]
    return Clause(
        field="metadata" if key else match["field"],
        key=_unquoted(key) if key else "",
        operator=match["operator"],
        value=_value(match["value"]),
        is_negated=match["minus"] == "-",
    )


def _value(written: str) -> str | int | None:
    if written == "null":
        return None
    return _unquoted(written) if written[0] in "\"'" else int(written)


def _unquoted(written: str) -> str:
    text = _ESCAPE.sub(r"\1", written[1:-1])
    if "\x00" in text:
        raise InvalidQuery("A query must not contain a NUL character.")
    return text


def _unreadable(text: str, place: int) -> InvalidQuery:
    if place == len(text):
        return InvalidQuery("A condition is missing at the end of the query.")
    return InvalidQuery(
        f"The query cannot be read from character {place + 1} on: {text[place : place + 40]!r}. "
        'A condition has the form field:"value", and conditions are joined by AND or OR.'
    )
