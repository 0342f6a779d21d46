"""Kinds of one value: text, whole numbers, amounts, truths, times, currencies."""

import re
from abc import ABC, abstractmethod
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.core import clock
from apps.core.errors import Invalid
from apps.core.money import CURRENCIES, MAX_MINOR

_INTEGER = re.compile(r"[+-]?\d{1,19}")
# More than any rate between two currencies needs, and exact in every language that has decimals.
_RATE = re.compile(r"\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# The end of the year 9999, but for one second: the second after a time is a time as well.
TIME_MAX = 253_402_300_798

Schema = dict[str, Any]


class InvalidParameter(Invalid):
    """A parameter is unknown, missing, or not what it must be; `param` is its path."""


class Param(ABC):
    """One parameter.

    :param required: its absence is refused.
    :param unset: `""` is taken, and means: remove the value.
    :param doc: what it means, for the OpenAPI description.
    """

    kind = "value"

    def __init__(self, *, required: bool = False, unset: bool = False, doc: str = "") -> None:
        self.required = required
        self.unset = unset
        self.doc = doc

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

    def schema(self) -> Schema:
        """Return what OpenAPI says of the parameter: its kind, how it is unset, what it means."""
        schema = self.describe()
        if self.unset:
            schema = {"anyOf": [schema, {"enum": ["", None]}]}
        return {**schema, "description": self.doc} if self.doc else schema

    def describe(self) -> Schema:
        """Return the JSON Schema of what `convert` takes; `{}` takes anything."""
        return {}


class Text(Param):
    """A string of at most `max_length` characters, perhaps one of `choices`, or of a form.

    :param pattern: a regular expression that the whole text fits, in the words that Python and
        JavaScript share.
    """

    kind = "string"

    def __init__(
        self,
        *,
        max_length: int = 5000,
        choices: tuple[str, ...] = (),
        pattern: str = "",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.max_length = max_length
        self.choices = choices
        self.pattern = pattern

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
        if self.pattern and re.fullmatch(self.pattern, value) is None:
            raise InvalidParameter(
                f"{path} must have the form {self.pattern}.",
                code="parameter_invalid_string",
                param=path,
            )
        if self.choices and value not in self.choices:
            raise InvalidParameter(f"{path} must be one of {', '.join(self.choices)}.", param=path)
        return value

    def describe(self) -> Schema:
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        schema: Schema = {"type": "string", "minLength": 1, "maxLength": self.max_length}
        return {**schema, "pattern": f"^{self.pattern}$"} if self.pattern else schema


class CardNumber(Text):
    """The number of a card. Everywhere else a card's number is refused: see `card_numbers`."""

    def __init__(self, *, max_length: int = 40, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)


class AccountNumber(Text):
    """The number of a bank account, an IBAN too: of what is kept, its end is all that is shown."""

    def __init__(self, *, max_length: int = 40, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)


class Unsupported(Param):
    """A parameter of the wire that is out of scope: it is refused, and never described.

    :param reason: what completes "… is not supported: ".
    """

    kind = "unsupported"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def parse(self, value: Any, path: str) -> Any:
        """Refuse, whatever is given.

        :raises InvalidParameter: always.
        """
        return self.convert(value, path)

    def convert(self, _value: Any, path: str) -> Any:
        raise InvalidParameter(
            f"{path} is not supported: {self.reason}.", code="parameter_unsupported", param=path
        )


class Email(Text):
    """An e-mail address, loosely: something, an at sign, something."""

    def convert(self, value: Any, path: str) -> str:
        text = super().convert(value, path)
        if _EMAIL.fullmatch(text) is None:
            raise InvalidParameter(
                f"{path} is not an e-mail address.", code="email_invalid", param=path
            )
        return text

    def describe(self) -> Schema:
        return {**super().describe(), "format": "email"}


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

    def describe(self) -> Schema:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


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


class Rate(Param):
    """A decimal above 0 of at most twelve digits on either side of the point, as text: no float."""

    kind = "decimal-string"

    def convert(self, value: Any, path: str) -> Decimal:
        # A number of JSON arrives as its text, digit for digit: see `parsing`.
        text = str(value) if type(value) is int else value
        rate = Decimal(text) if isinstance(text, str) and _RATE.fullmatch(text) else Decimal(0)
        if not rate:
            raise InvalidParameter(
                f"{path} must be a decimal above 0, as '1.0842', with at most 12 digits before and "
                "after the point.",
                code="parameter_invalid_decimal",
                param=path,
            )
        return rate

    def describe(self) -> Schema:
        return {"type": "string", "pattern": f"^{_RATE.pattern}$"}


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

    def describe(self) -> Schema:
        return {"type": "boolean"}


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

    def describe(self) -> Schema:
        return {"type": "integer", "format": "unix-time", "minimum": 0, "maximum": TIME_MAX}


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

    def describe(self) -> Schema:
        return {"type": "string", "pattern": "^[A-Za-z]{3}$"}


def _to_integer(value: Any, path: str) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise InvalidParameter(
        f"{path} must be an integer.", code="parameter_invalid_integer", param=path
    )
