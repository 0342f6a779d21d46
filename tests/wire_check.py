"""Compare an answer with what the wire says of it, field by field.

What Stripe's protocol has is in `tests/wire/objects.json`; FinCloud's own objects are what the
OpenAPI description says they are.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from apps.api import openapi

OBJECTS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "wire" / "objects.json").read_text(encoding="utf-8")
)
LISTS = {"list", "search_result"}
DECIMAL = re.compile(r"-?\d+(\.\d+)?")
# Times of a test lie between 2001 and 2100: milliseconds or a duration would not.
UNIX_TIMES = range(1_000_000_000, 4_102_444_800)

Problems = list[str]


def check(shown: dict[str, Any]) -> None:
    """Check an answer, or a list of them, with all that is nested in it.

    :raises AssertionError: it lists every field that is missing, unknown, or of a wrong kind.
    """
    problems = _check_any(shown, shown.get("object", "answer"))
    assert not problems, "Off the wire:\n" + "\n".join(problems)


def spec_of(shown: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the wire says of an object; None for an object of FinCloud's own."""
    name = shown.get("object")
    is_deleted = shown.get("deleted") is True
    return _BY_OBJECT.get((name, is_deleted))


def _specs_by_object() -> dict[tuple[Any, bool], dict[str, Any]]:
    found: dict[tuple[Any, bool], dict[str, Any]] = {}
    for name, spec in OBJECTS.items():
        for value in spec.get("fields", {}).get("object", {}).get("enum", ()):
            key = (value, name.startswith("deleted_"))
            # Two schemas may share an `object`; the one that has its name is the resource itself.
            if key not in found or name == value:
                found[key] = spec
    return found


_BY_OBJECT = _specs_by_object()


def _check_any(shown: dict[str, Any], at: str) -> Problems:
    if shown.get("object") in LISTS:
        return _check_list(shown, at)
    spec = spec_of(shown)
    if spec is None:
        return _check_deleted(shown, at) if "deleted" in shown else _check_own(shown, at)
    return _check_fields(shown, spec, at)


def _check_deleted(shown: dict[str, Any], at: str) -> Problems:
    """Check what is left to say of an object; the description has not all of them."""
    if shown == {"id": shown.get("id"), "object": shown.get("object"), "deleted": True}:
        return []
    return [f"{at}: a deleted object has id, object and deleted, and nothing else: {shown}"]


def _check_own(shown: dict[str, Any], at: str) -> Problems:
    """Check an object of FinCloud's own with its description, and what is nested in it."""
    validator = _validator_of(str(shown.get("object")))
    if validator is None:
        return [f"{at}: neither an object of the wire nor one that is described"]
    problems = [f"{at}{one.json_path[1:]}: {one.message}" for one in validator.iter_errors(shown)]
    for name, value in shown.items():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict) and isinstance(inner.get("object"), str):
                problems += _check_any(inner, f"{at}.{name}")
    return problems


@cache
def _validator_of(name: str) -> Draft202012Validator | None:
    """Return what checks an object of this name; None if the description has none."""
    components = json.loads(openapi.document())["components"]
    if name not in components["schemas"]:
        return None
    for own, schema in components["schemas"].items():
        # The description leaves room for what a later version adds. This version has it all.
        if spec_of({"object": own}) is None:
            _close(schema)
    reference = {"$ref": f"#/components/schemas/{name}", "components": components}
    return Draft202012Validator(reference)


def _close(schema: Any) -> None:
    """Let every object of a schema have the listed fields and no others."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close(inner)


def _check_list(shown: dict[str, Any], at: str) -> Problems:
    problems = []
    if not isinstance(shown.get("has_more"), bool) or not isinstance(shown.get("url"), str):
        problems.append(f"{at}: a list has `has_more` and `url`")
    for index, item in enumerate(shown["data"]):
        problems += _check_any(item, f"{at}.data[{index}]")
    return problems


def _check_fields(shown: dict[str, Any], spec: dict[str, Any], at: str) -> Problems:
    fields = spec.get("fields")
    if fields is None:
        return []
    problems = [f"{at}.{name}: unknown to the wire" for name in shown if name not in fields]
    for name, field in fields.items():
        if name in shown:
            problems += _check_value(shown[name], field, f"{at}.{name}")
        elif field.get("always") or field.get("required"):
            problems.append(f"{at}.{name}: missing")
    return problems


def _check_value(value: Any, field: dict[str, Any], at: str) -> Problems:
    if value is None:
        return [] if field.get("null") else [f"{at}: may not be null"]
    if "expands" in field:
        return _check_expandable(value, field["expands"], at)
    if "ref" in field:
        return _check_reference(value, field["ref"], at)
    if not _is_kind(value, field.get("type")):
        return [f"{at}: {value!r} is no {field['type']}"]
    problems = []
    if "enum" in field and value not in field["enum"]:
        problems.append(f"{at}: {value!r} is none of {field['enum']}")
    if isinstance(value, str) and len(value) > field.get("max", len(value)):
        problems.append(f"{at}: longer than {field['max']}")
    if isinstance(value, dict):
        is_list = value.get("object") in LISTS
        problems += _check_list(value, at) if is_list else _check_fields(value, field, at)
    if isinstance(value, list) and "items" in field:
        for index, item in enumerate(value):
            problems += _check_value(item, field["items"], f"{at}[{index}]")
    return problems


def _check_expandable(value: Any, names: list[str], at: str) -> Problems:
    if isinstance(value, str):
        return []
    if isinstance(value, dict) and value.get("object") in {name.split(".")[-1] for name in names}:
        return _check_any(value, at)
    return [f"{at}: neither an id nor one of {names}"]


def _check_reference(value: Any, names: str | list[str], at: str) -> Problems:
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no object"]
    if isinstance(names, list):
        return _check_any(value, at) if "object" in value else []
    if names not in OBJECTS:
        return []
    return _check_fields(value, OBJECTS[names], at)


def _is_kind(value: Any, kind: str | None) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return type(value) is int
        case "unix-time":
            return type(value) is int and value in UNIX_TIMES
        case "number":
            return type(value) in (int, float)
        case "decimal-string":
            return isinstance(value, str) and DECIMAL.fullmatch(value) is not None
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            return True
