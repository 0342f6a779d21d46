"""Kinds that hold others: lists, metadata, alternatives, and shapes."""

from collections.abc import Mapping
from typing import Any

from apps.api.params.kinds import InvalidParameter, Param, Schema, Unsupported
from apps.api.parsing import NumberedList


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

    def describe(self) -> Schema:
        return {"type": "array", "items": self.item.schema(), "maxItems": self.max_items}


class Metadata(Param):
    """Up to 50 keys of 40 characters with values of 500; `""` for a value unsets its key.

    The result still has the unset keys, with None; `merge_metadata` carries them out.
    """

    kind = "metadata"
    KEYS_MAX, KEY_LENGTH, VALUE_LENGTH = 50, 40, 500
    DOC = (
        "Facts of your own, text to text. What is given is merged with what is there: an empty "
        "value removes its key, empty metadata removes all."
    )

    def __init__(self, *, doc: str = DOC) -> None:
        super().__init__(unset=True, doc=doc)

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

    def describe(self) -> Schema:
        return {
            "type": "object",
            "maxProperties": self.KEYS_MAX,
            "propertyNames": {"maxLength": self.KEY_LENGTH},
            "additionalProperties": {"type": ["string", "null"], "maxLength": self.VALUE_LENGTH},
        }


class MapOf(Param):
    """An object whose names are data: each is a `key`, each value an `item`."""

    kind = "map"

    def __init__(self, key: Param, item: Param, *, max_items: int = 200, **options: Any) -> None:
        super().__init__(**options)
        self.key = key
        self.item = item
        self.max_items = max_items

    def convert(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise InvalidParameter(
                f"{path} must be an object.", code="parameter_invalid_object", param=path
            )
        if len(value) > self.max_items:
            raise InvalidParameter(f"{path} must have at most {self.max_items} keys.", param=path)
        return {
            self.key.parse(name, f"{path}[{name[:40]}]"): self.item.parse(
                item, f"{path}[{name[:40]}]"
            )
            for name, item in value.items()
        }

    def describe(self) -> Schema:
        return {
            "type": "object",
            "maxProperties": self.max_items,
            "propertyNames": self.key.schema(),
            "additionalProperties": self.item.schema(),
        }


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

    def describe(self) -> Schema:
        return {"anyOf": [kind.schema() for kind in self.kinds]}


class Shape(Param):
    """A set of named parameters: a whole operation, or a nested object."""

    kind = "object"
    # Whether the operation answers with a list of its resource.
    is_listing = False
    # Whether the list is what a search has found, and has pages of its own.
    is_search = False

    def __init__(
        self,
        fields: Mapping[str, Param] | None = None,
        *,
        required: bool = False,
        unset: bool = False,
        doc: str = "",
        **named: Param,
    ) -> None:
        super().__init__(required=required, unset=unset, doc=doc)
        self.fields = {**(fields or {}), **named}
        self._required = tuple(name for name, field in self.fields.items() if field.required)

    @property
    def supported(self) -> dict[str, Param]:
        """The parameters that are taken, without those that are only known to be out of scope."""
        return {
            name: field for name, field in self.fields.items() if not isinstance(field, Unsupported)
        }

    def extend(self, **more: Param) -> "Shape":
        """Return a shape with further parameters."""
        return Shape(
            {**self.fields, **more}, required=self.required, unset=self.unset, doc=self.doc
        )

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

    def describe(self) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {name: field.schema() for name, field in self.supported.items()},
            "additionalProperties": False,
        }
        if self._required:
            schema["required"] = list(self._required)
        return schema


class Whole(Shape):
    """An object that is kept with all its parts: None for what was not given, as the wire shows."""

    def convert(self, value: Any, path: str) -> dict[str, Any]:
        return {**dict.fromkeys(self.fields), **super().convert(value, path)}


def _scalar_text(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise InvalidParameter(f"{path} must be a string.", param=path)
