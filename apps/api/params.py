"""Shapes of parameters: what an operation takes. Declared once, checked strictly, described by
them.

A `Shape` parses the nested dict of a request into typed values. What was not given is absent from
the result (absent and unset are different things); `""` unsets a parameter and becomes None. Every
refusal names the parameter with its whole path, as the wire does.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.api.parsing import NumberedList
from apps.core import clock
from apps.core.errors import Invalid
from apps.core.money import CURRENCIES, MAX_MINOR

_INTEGER = re.compile(r"[+-]?\d{1,19}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# The end of the year 9999, but for one second: the second after a time is a time as well.
TIME_MAX = 253_402_300_798


class InvalidParameter(Invalid):
    """A parameter is unknown, missing, or not what it must be; `param` is its path."""


class Param(ABC):
    """One parameter.

    :param required: its absence is refused.
    :param unset: `""` is taken, and means: remove the value.
    """

    kind = "value"

    def __init__(self, *, required: bool = False, unset: bool = False) -> None:
        self.required = required
        self.unset = unset

    def parse(self, value: Any, path: str) -> Any:
        """Return the typed value.

        :raises InvalidParameter: it has the wrong type, or is not allowed.
        """
        if value == "" or value is None:
            if self.unset:
                return None
            raise InvalidParameter(
                f"{path} must not be empty.", code="parameter_invalid_empty", param=path
            )
        return self.convert(value, path)

    @abstractmethod
    def convert(self, value: Any, path: str) -> Any:
        """Return the typed value of what is not empty."""


class Text(Param):
    """A string of at most `max_length` characters, perhaps one of `choices`."""

    kind = "string"

    def __init__(
        self, *, max_length: int = 5000, choices: tuple[str, ...] = (), **options: Any
    ) -> None:
        super().__init__(**options)
        self.max_length = max_length
        self.choices = choices

    def convert(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise InvalidParameter(
                f"{path} must be a string.", code="parameter_invalid_string", param=path
            )
        if "\x00" in value:
            raise InvalidParameter(
                f"{path} must not contain a NUL character.",
                code="parameter_invalid_string",
                param=path,
            )
        if len(value) > self.max_length:
            raise InvalidParameter(
                f"{path} must be at most {self.max_length} characters long.",
                code="parameter_invalid_string",
                param=path,
            )
        if self.choices and value not in self.choices:
            raise InvalidParameter(f"{path} must be one of {', '.join(self.choices)}.", param=path)
        return value


class Email(Text):
    """An e-mail address, loosely: something, an at sign, something."""

    def convert(self, value: Any, path: str) -> str:
        text = super().convert(value, path)
        if _EMAIL.fullmatch(text) is None:
            raise InvalidParameter(
                f"{path} is not an e-mail address.", code="email_invalid", param=path
            )
        return text


class Integer(Param):
    """A whole number between `minimum` and `maximum`, both included."""

    kind = "integer"

    def __init__(
        self, *, minimum: int = -MAX_MINOR, maximum: int = MAX_MINOR, **options: Any
    ) -> None:
        super().__init__(**options)
        self.minimum = minimum
        self.maximum = maximum

    def convert(self, value: Any, path: str) -> int:
        number = _to_integer(value, path)
        if not self.minimum <= number <= self.maximum:
            raise InvalidParameter(
                f"{path} must be from {self.minimum} to {self.maximum}.",
                code="parameter_invalid_integer",
                param=path,
            )
        return number


class Amount(Integer):
    """An amount in minor units. Too small and too large have codes of their own on the wire."""

    def __init__(self, *, minimum: int = 1, **options: Any) -> None:
        super().__init__(minimum=minimum, **options)

    def convert(self, value: Any, path: str) -> int:
        number = _to_integer(value, path)
        if number < self.minimum:
            raise InvalidParameter(
                f"{path} must be at least {self.minimum}.",
                code="parameter_invalid_integer" if number < 0 else "amount_too_small",
                param=path,
            )
        if number > self.maximum:
            raise InvalidParameter(
                f"{path} must be at most {self.maximum}.", code="amount_too_large", param=path
            )
        return number


class Boolean(Param):
    """`true` or `false`."""

    kind = "boolean"

    def convert(self, value: Any, path: str) -> bool:
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        raise InvalidParameter(
            f"{path} must be true or false.", code="parameter_invalid_boolean", param=path
        )


class Time(Param):
    """An instant in Unix seconds."""

    kind = "unix-time"

    def convert(self, value: Any, path: str) -> datetime:
        seconds = _to_integer(value, path)
        if not 0 <= seconds <= TIME_MAX:
            raise InvalidParameter(
                f"{path} must be a Unix time in seconds.",
                code="parameter_invalid_integer",
                param=path,
            )
        return clock.from_unix(seconds)


class Currency(Text):
    """An ISO 4217 code; any case is taken, lower case is kept."""

    def convert(self, value: Any, path: str) -> str:
        code = super().convert(value, path).lower()
        if code not in CURRENCIES:
            raise InvalidParameter(
                f"{path} must be a three-letter ISO 4217 currency code.",
                code="invalid_currency",
                param=path,
            )
        return code


class ListOf(Param):
    """A list of `item`, at most `max_items` long."""

    kind = "array"

    def __init__(self, item: Param, *, max_items: int = 100, **options: Any) -> None:
        super().__init__(**options)
        self.item = item
        self.max_items = max_items

    def convert(self, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise InvalidParameter(
                f"{path} must be an array.", code="parameter_invalid_array", param=path
            )
        if len(value) > self.max_items:
            raise InvalidParameter(
                f"{path} must have at most {self.max_items} items.",
                code="parameter_invalid_array",
                param=path,
            )
        return [self.item.parse(item, f"{path}[{index}]") for index, item in enumerate(value)]


class Metadata(Param):
    """Up to 50 keys of 40 characters with values of 500; `""` for a value unsets its key.

    The result still has the unset keys, with None; `merge_metadata` carries them out.
    """

    kind = "metadata"
    KEYS_MAX, KEY_LENGTH, VALUE_LENGTH = 50, 40, 500

    def __init__(self) -> None:
        super().__init__(unset=True)

    def convert(self, value: Any, path: str) -> dict[str, str | None]:
        if isinstance(value, NumberedList):
            value = value.by_index
        if not isinstance(value, dict):
            raise InvalidParameter(
                f"{path} must be an object.", code="parameter_invalid_object", param=path
            )
        if len(value) > self.KEYS_MAX:
            raise InvalidParameter(f"{path} must have at most 50 keys.", param=path)
        return {key: self._value(key, item, f"{path}[{key}]") for key, item in value.items()}

    def _value(self, key: str, item: Any, path: str) -> str | None:
        if len(key) > self.KEY_LENGTH or "\x00" in key:
            raise InvalidParameter("A metadata key has at most 40 characters.", param=path)
        if item == "" or item is None:
            return None
        # JSON bodies may carry numbers and booleans; on the wire a value is text.
        text = item if isinstance(item, str) else _scalar_text(item, path)
        if len(text) > self.VALUE_LENGTH or "\x00" in text:
            raise InvalidParameter("A metadata value has at most 500 characters.", param=path)
        return text


class AnyOf(Param):
    """The first of several kinds that takes the value (`created`: a time or a range)."""

    def __init__(self, *kinds: Param, **options: Any) -> None:
        super().__init__(**options)
        self.kinds = kinds

    def convert(self, value: Any, path: str) -> Any:
        refusal: InvalidParameter | None = None
        for kind in self.kinds:
            # A nested value is meant for the shape among the kinds, a plain one for the others.
            if isinstance(value, dict) != isinstance(kind, Shape):
                continue
            try:
                return kind.parse(value, path)
            except InvalidParameter as error:
                refusal = refusal or error
        raise refusal or InvalidParameter(f"{path} has the wrong type.", param=path)


class Shape(Param):
    """A set of named parameters: a whole operation, or a nested object."""

    kind = "object"
    # Whether the operation answers with a list of its resource.
    is_listing = False

    def __init__(
        self,
        fields: Mapping[str, Param] | None = None,
        *,
        required: bool = False,
        unset: bool = False,
        **named: Param,
    ) -> None:
        super().__init__(required=required, unset=unset)
        self.fields = {**(fields or {}), **named}
        self._required = tuple(name for name, field in self.fields.items() if field.required)

    def extend(self, **more: Param) -> "Shape":
        """Return a shape with further parameters."""
        return Shape({**self.fields, **more}, required=self.required, unset=self.unset)

    def convert(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise InvalidParameter(
                f"{path} must be an object.", code="parameter_invalid_object", param=path
            )
        result = {}
        for name, given in value.items():
            inner = f"{path}[{name}]" if path else name
            field = self.fields.get(name)
            if field is None:
                inner = inner[:200]
                raise InvalidParameter(
                    f"Unknown parameter: {inner}.", code="parameter_unknown", param=inner
                )
            result[name] = field.parse(given, inner)
        for name in self._required:
            if name not in result:
                inner = f"{path}[{name}]" if path else name
                raise InvalidParameter(
                    f"Missing required parameter: {inner}.", code="parameter_missing", param=inner
                )
        return result


class Whole(Shape):
    """An object that is kept with all its parts: None for what was not given, as the wire shows."""

    def convert(self, value: Any, path: str) -> dict[str, Any]:
        return {**dict.fromkeys(self.fields), **super().convert(value, path)}


CREATED = AnyOf(Time(), Shape(gt=Time(), gte=Time(), lt=Time(), lte=Time()))
EXPAND = ListOf(Text(max_length=200), max_items=50)


def operation(**fields: Param) -> Shape:
    """Return the shape of an operation; every operation takes `expand`."""
    return Shape({**fields, "expand": EXPAND})


def listing(**fields: Param) -> Shape:
    """Return the shape of a list operation: its filters, and the parameters of every list."""
    shape = operation(
        **fields,
        created=CREATED,
        ending_before=Text(max_length=64),
        limit=Integer(),
        starting_after=Text(max_length=64),
    )
    shape.is_listing = True
    return shape


def address(**options: Any) -> Shape:
    """Return the shape of a postal address."""
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    return Whole({part: Text(unset=True) for part in parts}, **options)


def merge_metadata(present: dict[str, str], given: dict[str, str | None] | None) -> dict[str, str]:
    """Return `present` with `given` merged in: None for a key removes it, None at all clears.

    :raises InvalidParameter: more than 50 keys result.
    """
    if given is None:
        return {}
    merged = {**present, **given}
    kept = {key: value for key, value in merged.items() if value is not None}
    if len(kept) > Metadata.KEYS_MAX:
        raise InvalidParameter("metadata must have at most 50 keys.", param="metadata")
    return kept


def _to_integer(value: Any, path: str) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise InvalidParameter(
        f"{path} must be an integer.", code="parameter_invalid_integer", param=path
    )


def _scalar_text(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise InvalidParameter(f"{path} must be a string.", param=path)
