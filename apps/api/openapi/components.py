"""What the operations refer to: a schema for each `object`, the error, the ways to send a key."""

from typing import Any

from apps.api import fields, registry
from apps.api.fields import Field, Schema
from apps.api.openapi import sharing
from apps.api.registry import ObjectType, ResourceType

ERROR = "error"
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
    result["components"] = {
        **sharing.share(result),
        "schemas": {name: schemas[name] for name in sorted(schemas)},
        "securitySchemes": _SECURITY,
    }
    return result


def reference_to(name: str) -> Schema:
    """Return the reference to the schema of an object."""
    return {"$ref": f"#/components/schemas/{name}"}


def _schema_of_object(described: ObjectType) -> Schema:
    return _named(described.name, described.about, dict(described.fields))


def _schema_of_resource(resource: ResourceType) -> Schema:
    held = dict(resource.fields or {})
    for path, names in resource.expandable.items():
        # A resource that is not described whole still says what `expand` gives.
        if names and "." not in path:
            known = held.get(path, fields.sometimes(fields.reference(nullable=True)))
            held[path] = _expandable(known, names)
    for path, nested in resource.lists.items():
        held.setdefault(path, fields.sometimes(fields.page_of(nested.item, nullable=True)))
    if resource.prefix:
        held = {"id": fields.text(f"Begins with `{resource.prefix}_`."), **held}
    return _named(resource.name, resource.about, held)


def _named(name: str, about: str, held: dict[str, Field]) -> Schema:
    kind = fields.text(choices=(name,))
    identified = {key: held.pop(key) for key in ("id",) if key in held}
    schema = fields.object_schema({**identified, "object": kind, **held})
    return {**schema, "description": about} if about else schema


def _expandable(field: Field, names: tuple[str, ...]) -> Field:
    """Return the field, which holds an id, or the object that it names."""
    schema = dict(field.schema)
    doc = schema.pop("description", "")
    either = {"anyOf": [schema, *(reference_to(name) for name in names)]}
    return Field({**either, "description": doc} if doc else either, is_always=field.is_always)
