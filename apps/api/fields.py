"""What the objects of the wire hold, declared beside the function that renders them.

The OpenAPI description is read off these, and the tests compare every answer with them:

    FIELDS = {
        "code": fields.text("The account's name in the book, unique."),
        "kind": fields.text("What grows it.", choices=("asset", "liability")),
        "floor": fields.amount("The balance never goes below it.", nullable=True),
        "account": fields.reference("The account that it moved."),
        "balance": fields.embedded("ledger.balance", doc="The balance at the end."),
        "entries": fields.list_of(fields.embedded("ledger.entry"), doc="In the order given."),
        "source": fields.sometimes(fields.text("Where the rate is from.")),
        "created": fields.time("When it was recorded."),
        "metadata": fields.metadata(),
    }

`id` and `object` come by themselves. A field is in every answer, unless it is `sometimes` there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.core.money import MAX_MINOR

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object.

    :ivar schema: its JSON Schema.
    :ivar is_always: every answer has it, perhaps as null.
    """

    schema: Schema
    is_always: bool = True


Fields = Mapping[str, Field]


def text(doc: str = "", *, choices: tuple[str, ...] = (), nullable: bool = False) -> Field:
    """A string, perhaps one of `choices`."""
    schema: Schema = {"type": "string"}
    if choices:
        schema["enum"] = list(choices)
    return _field(schema, doc, nullable=nullable)


def integer(doc: str = "", *, minimum: int | None = None, nullable: bool = False) -> Field:
    """A whole number."""
    schema: Schema = {"type": "integer"}
    if minimum is not None:
        schema["minimum"] = minimum
    return _field(schema, doc, nullable=nullable)


def share(doc: str = "") -> Field:
    """How much of something, from 0 to 1."""
    return _field({"type": "number", "minimum": 0, "maximum": 1}, doc)


def amount(doc: str = "", *, minimum: int = -MAX_MINOR, nullable: bool = False) -> Field:
    """Money, in minor units of the currency beside it."""
    schema: Schema = {
        "type": "integer",
        "format": "int64",
        "minimum": minimum,
        "maximum": MAX_MINOR,
    }
    return _field(schema, doc, nullable=nullable)


def total(doc: str = "", *, minimum: int | None = None, nullable: bool = False) -> Field:
    """A sum of amounts, in minor units of the currency beside it: larger than any one of them."""
    schema: Schema = {"type": "integer", "format": "int64"}
    if minimum is not None:
        schema["minimum"] = minimum
    return _field(schema, doc, nullable=nullable)


def boolean(doc: str = "", *, nullable: bool = False) -> Field:
    """`true` or `false`."""
    return _field({"type": "boolean"}, doc, nullable=nullable)


def time(doc: str = "", *, nullable: bool = False) -> Field:
    """An instant, in Unix seconds."""
    return _field({"type": "integer", "format": "unix-time"}, doc, nullable=nullable)


def currency(doc: str = "", *, nullable: bool = False) -> Field:
    """An ISO 4217 code in lower case."""
    return _field({"type": "string", "pattern": "^[a-z]{3}$"}, doc, nullable=nullable)


def metadata(doc: str = "Facts of the user's own, text to text.") -> Field:
    """A map from text to text."""
    return map_of(text(), doc=doc)


def reference(doc: str = "", *, nullable: bool = False) -> Field:
    """The id of an object; the resource's `expandable` says whether `expand` replaces it."""
    return _field({"type": "string"}, doc, nullable=nullable)


def embedded(*names: str, doc: str = "", nullable: bool = False) -> Field:
    """An object inside this one, whole.

    :param names: the `object`s that it may be.
    """
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return _field(refs[0] if len(refs) == 1 else {"anyOf": refs}, doc, nullable=nullable)


def part(fields: Fields, *, doc: str = "", nullable: bool = False) -> Field:
    """A nested object without a name of its own (`{"code": …, "sum": …}`)."""
    return _field(object_schema(fields), doc, nullable=nullable)


def list_of(item: Field, *, doc: str = "", nullable: bool = False) -> Field:
    """A plain array."""
    return _field({"type": "array", "items": item.schema}, doc, nullable=nullable)


def map_of(value: Field, *, doc: str = "", nullable: bool = False) -> Field:
    """An object with any names and one kind of value."""
    schema = {"type": "object", "additionalProperties": value.schema}
    return _field(schema, doc, nullable=nullable)


def page_of(*names: str, doc: str = "", nullable: bool = False) -> Field:
    """A list of the wire, with `data` and `has_more`.

    :param names: the `object`s that it may list; none: it is empty as yet.
    """
    return _field(page_schema(*names), doc, nullable=nullable)


def anything(doc: str = "") -> Field:
    """Any JSON: what a user gave, or what another system said."""
    return _field({}, doc)


def sometimes(field: Field) -> Field:
    """The field, absent where it has no value."""
    return replace(field, is_always=False)


def object_schema(fields: Fields) -> Schema:
    """Return the JSON Schema of an object with these fields; a later version may add some."""
    schema: Schema = {
        "type": "object",
        "properties": {name: field.schema for name, field in fields.items()},
    }
    required = [name for name, field in fields.items() if field.is_always]
    return {**schema, "required": required} if required else schema


def page_schema(*names: str) -> Schema:
    """Return the JSON Schema of a list whose items have one of these `object`s."""
    return object_schema(
        {
            "object": text(choices=("list",)),
            "data": list_of(embedded(*names) if names else anything()),
            "has_more": boolean("There is more after these."),
            "url": text("Where the list is."),
        }
    )


def found_schema(*names: str) -> Schema:
    """Return the JSON Schema of what a search has found."""
    page = page_schema(*names)
    more = {
        "object": text(choices=("search_result",)),
        "next_page": text("Continues the search, as `page`; null at its end.", nullable=True),
        "total_count": replace(integer("How many there are; by `expand` alone."), is_always=False),
    }
    properties = {**page["properties"], **{name: one.schema for name, one in more.items()}}
    return {**page, "properties": properties, "required": [*page["required"], "next_page"]}


def _field(schema: Schema, doc: str, *, nullable: bool = False) -> Field:
    if nullable:
        schema = _or_null(schema)
    return Field({**schema, "description": doc} if doc else schema)


def _or_null(schema: Schema) -> Schema:
    kind = schema.get("type")
    if not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]}
    or_null = {**schema, "type": [kind, "null"]}
    if "enum" in schema:
        or_null["enum"] = [*schema["enum"], None]
    return or_null
