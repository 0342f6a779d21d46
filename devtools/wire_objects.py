"""The objects of the wire as JSON Schemas, for the description of our own API.

`tests/wire/objects.json` has every object there is; what is written is what operations in scope
answer with. Parts that have no `object` of their own are written where they are; details of payment
methods that are out of scope are left out, since the schemas are open.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from devtools.place import ROOT

SOURCE = ROOT / "tests" / "wire" / "objects.json"
OBJECTS = ROOT / "apps" / "api" / "wire" / "objects.json"
# Parts within parts, beyond which a schema says no more than that there is an object.
DEPTH_MAX = 6

Schema = dict[str, Any]
Source = dict[str, Any]

_TYPES: Mapping[str, Schema] = {
    "array": {"type": "array"},
    "boolean": {"type": "boolean"},
    "decimal-string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "object": {"type": "object"},
    "string": {"type": "string"},
    "unix-time": {"type": "integer", "format": "unix-time"},
}


def read_source() -> Source:
    """Return the public description of objects."""
    found: Source = json.loads(SOURCE.read_text(encoding="utf-8"))
    return found


def objects(returned: list[Source], left_out: set[str]) -> str:
    """Return the text of the file of objects, a line for each.

    :param returned: what the operations in scope answer with.
    :param left_out: names of properties that are not described.
    """
    writer = _Writer(read_source(), left_out)
    for answer in returned:
        writer.schema(answer, 0)
    lines = [
        f"{json.dumps(name)}: {json.dumps(schema, separators=(',', ':'), sort_keys=True)}"
        for name, schema in writer.all()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


class _Writer:
    """Makes schemas, and remembers which objects they refer to, until it writes those."""

    def __init__(self, source: Source, left_out: set[str]) -> None:
        self.source = source
        self.left_out = left_out
        self.known: set[str] = set()
        self.is_complete = False

    def all(self) -> Iterator[tuple[str, Schema]]:
        """Yield the objects that were referred to; to others they will not refer."""
        self.is_complete = True
        for name in sorted(self.known):
            yield name, self._object(self.source[name], 0)

    def schema(self, described: Source, depth: int) -> Schema:
        """Return the schema of a value; null is among it if it may be."""
        schema = self._schema(described, depth)
        if not described.get("null"):
            return schema
        if "enum" in schema:
            return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
        if isinstance(schema.get("type"), str):
            return {**schema, "type": [schema["type"], "null"]}
        return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}

    def _schema(self, described: Source, depth: int) -> Schema:
        if "expands" in described:
            named = [self._refer(name, depth) for name in described["expands"]]
            known = [schema for schema in named if "$ref" in schema]
            return {"anyOf": [{"type": "string"}, *known]} if known else {"type": "string"}
        if "ref" in described:
            names = described["ref"]
            if isinstance(names, str):
                return self._refer(names, depth)
            return {"anyOf": [self._refer(name, depth) for name in names]}
        schema = dict(_TYPES.get(described.get("type", ""), {}))
        if "enum" in described:
            schema["enum"] = described["enum"]
        if "max" in described:
            schema["maxLength"] = described["max"]
        if isinstance(described.get("items"), dict):
            schema["items"] = self.schema(described["items"], depth + 1)
        if isinstance(described.get("fields"), dict):
            schema = self._object(described, depth + 1)
        return schema

    def _refer(self, name: str, depth: int) -> Schema:
        """Return a reference to an object, or the part that has no `object` of its own."""
        described = self.source.get(name)
        if described is None or depth > DEPTH_MAX:
            return {"type": "object"}
        kind = described.get("fields", {}).get("object", {}).get("enum", [])
        if [name.removeprefix("deleted_")] != kind:
            return self._schema(described, depth + 1)
        if self.is_complete and name not in self.known:
            return {"type": "object"}
        self.known.add(name)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, described: Source, depth: int) -> Schema:
        if depth > DEPTH_MAX:
            return {"type": "object"}
        fields = {
            name: field for name, field in described["fields"].items() if name not in self.left_out
        }
        # Of an object whose current version is known, that says what is always there.
        mark = "always" if "version" in described else "required"
        always = sorted(name for name, field in fields.items() if field.get(mark))
        schema: Schema = {
            "type": "object",
            "properties": {name: self.schema(field, depth) for name, field in fields.items()},
        }
        return {**schema, "required": always} if always else schema
