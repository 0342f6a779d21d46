"""What can be searched, and by which operators; a kind of field makes a condition of a clause."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import F, IntegerField, Q, TextField, Value
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IExact,
    LessThan,
    LessThanOrEqual,
    Lookup,
)

from apps.api.params import TIME_MAX
from apps.api.search.grammar import Clause, InvalidQuery, Query
from apps.core.clock import from_unix
from apps.core.money import MAX_MINOR

# Shorter ones would be found nearly everywhere.
SUBSTRING_MIN = 3

EMPTY = Value("", output_field=TextField())
_COMPARISONS: Mapping[str, type[Lookup[Any]]] = {
    ":": Exact,
    ">": GreaterThan,
    "<": LessThan,
    ">=": GreaterThanOrEqual,
    "<=": LessThanOrEqual,
}


class Field(ABC):
    """A field that can be searched."""

    operators: tuple[str, ...] = (":",)

    def condition(self, clause: Clause) -> Q:
        """Return the condition on rows that a clause asks for, without its minus.

        :raises InvalidQuery: the field has not that operator, or no such value.
        """
        if clause.operator not in self.operators:
            raise InvalidQuery(f"{clause} cannot be searched by {clause.operator}.")
        return self.compile(clause)

    @abstractmethod
    def compile(self, clause: Clause) -> Q:
        """Return the condition; the operator is one of the field's."""


@dataclass(frozen=True)
class Text(Field):
    """A text: `:` is all of it, `~` a part; upper and lower case are alike.

    :ivar column: where it is.
    :ivar has_parts: whether `~` is for it.
    """

    column: str
    has_parts: bool = False

    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]
        """Return what can be asked of it."""
        return (":", "~") if self.has_parts else (":",)

    def compile(self, clause: Clause) -> Q:
        text = _text(clause)
        if clause.operator == "~":
            if len(text) < SUBSTRING_MIN:
                raise InvalidQuery(
                    f"{clause} is searched by {SUBSTRING_MIN} characters of it at least."
                )
            return Q(**{f"{self.column}__icontains": text})
        return Q(**{f"{self.column}__iexact": text})


@dataclass(frozen=True)
class Id(Field):
    """The id of another object."""

    column: str

    def compile(self, clause: Clause) -> Q:
        return Q(**{self.column: _text(clause)})


@dataclass(frozen=True)
class Number(Field):
    """A whole number."""

    column: str
    operators = (":", ">", "<", ">=", "<=")

    def compile(self, clause: Clause) -> Q:
        number = _number(clause, maximum=MAX_MINOR)
        lookup = {":": "exact", ">": "gt", "<": "lt", ">=": "gte", "<=": "lte"}[clause.operator]
        return Q(**{f"{self.column}__{lookup}": number})


@dataclass(frozen=True)
class Time(Field):
    """An instant in Unix seconds, as the wire shows it: whole seconds."""

    column: str
    operators = (":", ">", "<", ">=", "<=")

    def compile(self, clause: Clause) -> Q:
        seconds = _number(clause, maximum=TIME_MAX)
        if seconds < 0:
            raise InvalidQuery(f"{clause} is a Unix time in seconds.")
        this, following = from_unix(seconds), from_unix(seconds + 1)
        from_this, before_this = f"{self.column}__gte", f"{self.column}__lt"
        match clause.operator:
            case ":":
                return Q(**{from_this: this, before_this: following})
            case ">":
                return Q(**{from_this: following})
            case ">=":
                return Q(**{from_this: this})
            case "<":
                return Q(**{before_this: this})
        return Q(**{before_this: following})


@dataclass(frozen=True)
class Flag(Field):
    """`"true"` or `"false"`.

    :ivar when: the condition on rows for which it is true.
    """

    when: Q

    def compile(self, clause: Clause) -> Q:
        if clause.value not in ("true", "false"):
            raise InvalidQuery(f'{clause} is "true" or "false".')
        return self.when if clause.value == "true" else ~self.when


class JsonText(Field):
    """A text inside of JSON; upper and lower case are alike."""

    def __init__(self, column: str, *path: str) -> None:
        self.column = column
        self.path = path

    def compile(self, clause: Clause) -> Q:
        # Without a value it is empty, and so a minus finds it.
        return Q(IExact(Coalesce(_inside(self.column, *self.path), EMPTY), _text(clause)))


class JsonNumber(Field):
    """A whole number inside of JSON."""

    operators = (":", ">", "<", ">=", "<=")

    def __init__(self, column: str, *path: str) -> None:
        self.column = column
        self.path = path

    def compile(self, clause: Clause) -> Q:
        number = _number(clause, maximum=2**31 - 1)
        inside = Coalesce(Cast(_inside(self.column, *self.path), IntegerField()), Value(-1))
        return Q(_COMPARISONS[clause.operator](inside, number))


@dataclass(frozen=True)
class Metadata(Field):
    """A key of metadata: its value, or `null` for rows that have not the key."""

    column: str = "metadata"

    def compile(self, clause: Clause) -> Q:
        if not clause.key:
            raise InvalidQuery('Metadata is searched by a key: metadata["order"]:"123".')
        if clause.value is None:
            return ~Q(**{f"{self.column}__has_key": clause.key})
        # Not by Django's key lookups: to them, a key of digits is the place in a list.
        value = Coalesce(_inside(self.column, clause.key), EMPTY)
        return Q(IExact(value, str(clause.value)))


def condition_of(query: Query, fields: Mapping[str, Field]) -> Q:
    """Return the condition on rows that a query asks for.

    :raises InvalidQuery: a field is not among `fields`, or is not searched so.
    """
    conditions = []
    for clause in query.clauses:
        field = fields.get(clause.field)
        if field is None:
            raise InvalidQuery(
                f"{clause.field} cannot be searched. There are: {', '.join(sorted(fields))}."
            )
        condition = field.condition(clause)
        conditions.append(~condition if clause.is_negated else condition)
    return reduce(or_ if query.is_any else and_, conditions)


def _inside(column: str, *path: str) -> Func:
    """Return the text at a path inside a column of JSON."""
    at: Combinable = F(column)
    for step in path[:-1]:
        at = Func(at, Value(step), template="(%(expressions)s)", arg_joiner=" -> ")
    return Func(
        at,
        Value(path[-1]),
        template="(%(expressions)s)",
        arg_joiner=" ->> ",
        output_field=TextField(),
    )


def _text(clause: Clause) -> str:
    if clause.value is None:
        raise InvalidQuery(f"null is for metadata alone; {clause} has a value.")
    return str(clause.value)


def _number(clause: Clause, *, maximum: int) -> int:
    value = clause.value
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or abs(value) > maximum:
        raise InvalidQuery(f"{clause} is a whole number.")
    return value
