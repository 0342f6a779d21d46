"""What the operations refer to: a schema for each `object`, the error, the ways to send a key."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from apps.api import fields, registry, wire
from apps.api.fields import Field, Schema
from apps.api.openapi import sharing
from apps.api.registry import Nested, NestedList, ObjectType, ResourceType

ERROR = "error"
_SCHEMAS = "#/components/schemas/"
_ERROR_FIELDS = {
    "error": fields.part(
        {
            "type": fields.text(
                "Whose fault it is, roughly.",
                choices=("api_error", "card_error", "idempotency_error", "invalid_request_error"),
            ),
            "message": fields.text("What is wrong, for the developer."),
            "code": fields.sometimes(fields.text("A stable name of the reason.")),
            "param": fields.sometimes(
                fields.text("The parameter at fault, with its path: `items[0][price]`.")
            ),
            "decline_code": fields.sometimes(fields.text("Why the issuer declined the card.")),
            "payment_intent": fields.sometimes(
                fields.embedded("payment_intent", doc="What the refused payment is now.")
            ),
        }
    )
}
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A secret or restricted key (`sk_test_…`, `rk_live_…`) as a bearer token.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The key as the user name, without a password.",
    },
}


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the components (drf-spectacular's hook at the end of a description)."""
    bodies = result["components"].get("schemas", {})
    schemas = {
        **bodies,
        **{one.name: _schema_of_resource(one) for one in registry.resources()},
        **{one.name: _schema_of_object(one) for one in registry.objects()},
        ERROR: fields.object_schema(_ERROR_FIELDS),
    }
    _add_referred(result, schemas)
    result["components"] = {
        **sharing.share(result),
        "schemas": {name: schemas[name] for name in sorted(schemas)},
        "securitySchemes": _SECURITY,
    }
    return result


def reference_to(name: str) -> Schema:
    """Return the reference to the schema of an object."""
    return {"$ref": f"{_SCHEMAS}{name}"}


def _schema_of_object(described: ObjectType) -> Schema:
    return _named(described.name, described.about, dict(described.fields))


def _add_referred(result: dict[str, Any], schemas: dict[str, Schema]) -> None:
    """Add the objects of the wire that are referred to and have no resource: deleted ones, say."""
    missing = _names_in([result["paths"], schemas]) - schemas.keys()
    while missing:
        schemas.update({name: wire.objects()[name] for name in missing})
        missing = _names_in(schemas) - schemas.keys()


def _names_in(value: Any) -> set[str]:
    """Return the names of the schemas that are referred to, at any depth."""
    if isinstance(value, dict):
        named = value.get("$ref")
        if isinstance(named, str) and named.startswith(_SCHEMAS):
            return {named.removeprefix(_SCHEMAS)}
        value = list(value.values())
    return set().union(*map(_names_in, value)) if isinstance(value, list) else set()


def _schema_of_resource(resource: ResourceType) -> Schema:
    if resource.fields is None and resource.name in wire.objects():
        schema = deepcopy(wire.objects()[resource.name])
        return {**schema, "description": resource.about} if resource.about else schema
    held = deepcopy(dict(resource.fields or {}))
    for path, names in resource.expandable.items():
        name, _, inner = path.partition(".")
        if inner and name in held:
            _expand_inside(held[name].schema, inner, names)
        elif names and not inner:
            # A resource that is not described whole still says what `expand` gives.
            known = held.get(name, fields.sometimes(fields.reference(nullable=True)))
            held[name] = replace(known, schema=_expandable(known.schema, names))
    for path, nested in resource.lists.items():
        held.setdefault(path, fields.sometimes(_nested(nested)))
    if resource.prefix:
        held = {"id": fields.text(f"Begins with `{resource.prefix}_`."), **held}
    return _named(resource.name, resource.about, held)


def _nested(nested: Nested) -> Field:
    """Return the property that comes by `expand` alone."""
    if isinstance(nested, NestedList):
        return fields.page_of(*nested.items, nullable=True)
    if not nested.name:
        return fields.map_of(fields.anything(), nullable=True)
    return fields.embedded(nested.name, nullable=True)


def _named(name: str, about: str, held: dict[str, Field]) -> Schema:
    kind = fields.text(choices=(name,))
    identified = {key: held.pop(key) for key in ("id",) if key in held}
    schema = fields.object_schema({**identified, "object": kind, **held})
    return {**schema, "description": about} if about else schema


def _expandable(schema: Schema, names: tuple[str, ...]) -> Schema:
    """Return the schema of what is an id, or the object that it names."""
    bare = {key: value for key, value in schema.items() if key != "description"}
    either = {"anyOf": [bare, *(reference_to(name) for name in names)]}
    return {**either, "description": schema["description"]} if "description" in schema else either


def _expand_inside(schema: Schema, name: str, names: tuple[str, ...]) -> None:
    """Do so for a property of a nested object, or of each in a list of them."""
    properties = schema.get("items", schema)["properties"]
    properties[name] = _expandable(properties[name], names)
