"""`make wire`: write what the application knows of the wire again, from the public description.

`tests/wire/operations.json` is the description, `apps/api/wire/scope.py` says what of it is left
out, `devtools/wire_kinds.py` what names mean. The results are read by `apps.api.wire`.
"""

import json
from typing import Any

from apps.api.wire import scope
from devtools.place import ROOT
from devtools.wire_kinds import (
    ADDRESS,
    NUMBERS,
    RANGE,
    TEXTS,
    Spec,
    besides,
    instead_of,
    may_be_id,
)
from devtools.wire_objects import OBJECTS, objects

SOURCE = ROOT / "tests" / "wire" / "operations.json"
OPERATIONS = ROOT / "apps" / "api" / "wire" / "operations.json"
OUT_OF_SCOPE = ROOT / "apps" / "api" / "wire" / "out_of_scope.json"
DOCUMENT = ROOT / "docs" / "compatibility.md"
SECTION_BEGINS, SECTION_ENDS = "<!-- make wire: begin -->", "<!-- make wire: end -->"

# What every list has: `params.listing` adds it.
PAGING = {"ending_before", "limit", "starting_after"}
# Where the names of kinds of payment method are parameters.
METHOD_HOLDERS = ("payment_method_data", "payment_method_options")
CARD_PRESENT = {"card_present", "interac_present"}

Source = dict[str, Any]


def main() -> None:
    """Write both files, and the section of the document."""
    source = read_source()
    written = {
        OPERATIONS: operations(source),
        OUT_OF_SCOPE: out_of_scope(source),
        OBJECTS: objects_in_scope(source),
        DOCUMENT: document(source),
    }
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(f"Wrote {path.relative_to(ROOT)}.")


def read_source() -> Source:
    """Return the public description: operations with their parameters."""
    found: Source = json.loads(SOURCE.read_text(encoding="utf-8"))
    return found


def operations(source: Source) -> str:
    """Return the text of the file of the operations in scope, a line for each."""
    unsupported = _unsupported_methods(source)
    lines = [
        f"{json.dumps(name)}: {_compact(_Reader(name, unsupported).operation(described))}"
        for name, described in source.items()
        if scope.group_of(name) is None
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def objects_in_scope(source: Source) -> str:
    """Return the text of the file of the objects that operations in scope answer with."""
    returned = [one["returns"] for name, one in source.items() if scope.group_of(name) is None]
    return objects(returned, _unsupported_methods(source))


def _unsupported_methods(source: Source) -> set[str]:
    method_types = set(source["POST /v1/payment_methods"]["params"]["type"]["enum"])
    return (method_types | CARD_PRESENT) - set(scope.METHOD_TYPES)


def out_of_scope(source: Source) -> str:
    """Return the text of the file of the operations that are left out: verb, path and group."""
    lines = []
    for name in source:
        group = scope.group_of(name)
        if group is not None:
            verb, path = name.split(" ")
            lines.append(_compact([verb, path.removeprefix("/v1/"), group]))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def document(source: Source) -> str:
    """Return the text of docs/compatibility.md, with what is out of scope as it is now."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(SECTION_BEGINS)
    after = rest.partition(SECTION_ENDS)[2]
    section = "\n".join([*_left_out(source), "", *_not_taken()])
    return f"{before}{SECTION_BEGINS}\n{section}\n{SECTION_ENDS}{after}"


def _left_out(source: Source) -> list[str]:
    """Return the table of the operations that are out of scope."""
    lines = ["| Not there | Why |", "|---|---|"]
    served = [_steps(name) for name in source if scope.group_of(name) is None]
    for name, group in scope.GROUPS.items():
        shown = {_shortest(one, served) for one in source if scope.group_of(one) == name}
        shown |= {f"/v1/{prefix}" for prefix in group.prefixes}
        lines.append(f"| {', '.join(f'`{one}`' for one in sorted(shown))} | {group.reason} |")
    return lines


def _shortest(operation: str, served: list[list[str]]) -> str:
    """Return the shortest path below which nothing is served, or else the operation itself."""
    steps = _steps(operation)
    for length in range(1, len(steps) + 1):
        if not any(one[:length] == steps[:length] for one in served):
            return f"/v1/{'/'.join(steps[:length])}"
    return operation


def _steps(operation: str) -> list[str]:
    return operation.partition(" /v1/")[2].split("/")


def _not_taken() -> list[str]:
    """Return the table of the parameters that are out of scope."""
    by_reason: dict[str, list[str]] = {}
    for operations, parameter, reason in scope.PARAMETERS:
        first, *rest = parameter.lstrip("*").split(".")
        name = f"`{first}{''.join(f'[{one}]' for one in rest)}`"
        where = "" if operations == "*" else f" (`{operations}`)"
        by_reason.setdefault(reason, []).append(f"{name}{where}")
    rows = [
        f"| {', '.join(sorted(names))} | {scope.REASONS[reason]} |"
        for reason, names in by_reason.items()
    ]
    return ["| Parameters that are refused | Why |", "|---|---|", *rows]


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


class _Reader:
    """Reads the parameters of one operation."""

    def __init__(self, operation: str, unsupported_methods: set[str]) -> None:
        self.name = operation
        self.unsupported_methods = unsupported_methods

    def operation(self, described: Source) -> Spec:
        """Return what the application needs of the operation."""
        params = {
            name: spec
            for name, spec in described["params"].items()
            if spec.get("in") != "path" and name != "expand"
        }
        shown = described["returns"].get("fields", {}).get("object", {}).get("enum", [])
        if shown == ["list"]:
            params = {name: spec for name, spec in params.items() if name not in PAGING}
            return {"list": True, "fields": self._fields(params, "")}
        is_search = {"search": True} if shown == ["search_result"] else {}
        return {**is_search, "fields": self._fields(params, "")}

    def _fields(self, described: Source, path: str) -> Spec:
        inner = {
            name: self._parameter(name, spec, f"{path}.{name}" if path else name)
            for name, spec in described.items()
        }
        for name in besides(self.name, path):
            inner[name] = instead_of(self.name, f"{path}.{name}") or {}
        return inner

    def _parameter(self, name: str, described: Source, path: str) -> Spec:
        reason = self._reason_against(name, path)
        if reason is not None:
            return {"kind": "unsupported", "reason": reason}
        spec = instead_of(self.name, path)
        if spec is not None:
            return spec
        spec = self._kind(name, described, path)
        if may_be_id(self.name, path):
            spec = {"kind": "any", "any": [{"kind": "text", "max": 255}, spec]}
        if described.get("required"):
            spec = {**spec, "required": True}
        return {**spec, "unset": True} if "unset" in described else spec

    def _reason_against(self, name: str, path: str) -> str | None:
        holder = path.rpartition(".")[0]
        # Only where a payment method is described are these names kinds of it.
        at_top = not holder and self.name.startswith("POST /v1/payment_methods")
        if name in self.unsupported_methods and (
            at_top or holder in METHOD_HOLDERS or holder.endswith(METHOD_HOLDERS)
        ):
            return "methods"
        return scope.reason_against(self.name, path)

    def _kind(self, name: str, described: Source, path: str) -> Spec:
        match described["type"]:
            case "string" if "enum" in described and name not in TEXTS:
                return {"kind": "text", "choices": described["enum"]}
            case "string":
                limit = {"max": described["max"]} if "max" in described else {}
                return {"kind": "text", **TEXTS.get(name, {}), **limit}
            case "integer":
                return dict(NUMBERS.get(name, {"kind": "integer"}))
            case "boolean":
                return {"kind": "boolean"}
            case "unix-time":
                return {"kind": "time"}
            case "array":
                item = self._kind(name, described["items"], f"{path}[]")
                return {"kind": "list", "item": item}
            case "object":
                return self._object(name, described.get("fields", {}), path)
            case other:
                raise NotImplementedError(f"{self.name} {path}: {other}")

    def _object(self, name: str, fields: Source | list[str], path: str) -> Spec:
        if name == "metadata":
            return {"kind": "metadata"}
        if isinstance(fields, list):
            # The description is cut here: names without types.
            fields = {inner: {"type": "string"} for inner in fields}
        if fields and fields.keys() <= RANGE:
            return {"kind": "range"}
        if fields.keys() == ADDRESS:
            return {"kind": "address"}
        # What is kept as it was given is kept with all its parts.
        kind = "whole" if name == "shipping" and "address" in fields else "object"
        return {"kind": kind, "fields": self._fields(fields, path)}


if __name__ == "__main__":
    main()
