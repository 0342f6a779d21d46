"""What all operations repeat is written once, so that a change of one is a small difference."""

from collections.abc import Iterator
from typing import Any

Described = dict[str, Any]

# Parameters that mean the same wherever they come.
_COMMON = frozenset(
    "Stripe-Version Stripe-Account Idempotency-Key "
    "expand created ending_before limit starting_after".split()
)


def share(described: Described) -> dict[str, dict[str, Any]]:
    """Put references in the place of what is common, in place; return the components they name."""
    parameters: Described = {}
    headers: Described = {}
    responses: Described = {}
    for operation in _operations(described):
        operation["parameters"] = [
            _shared(parameters, "parameters", one["name"], one) if one["name"] in _COMMON else one
            for one in operation["parameters"]
        ]
        for response in operation["responses"].values():
            response["headers"] = {
                name: _shared(headers, "headers", name, header)
                for name, header in response["headers"].items()
            }
        operation["responses"]["default"] = _shared(
            responses, "responses", "refusal", operation["responses"]["default"]
        )
    return {"headers": headers, "parameters": parameters, "responses": responses}


def _operations(described: Described) -> Iterator[Described]:
    for path in described["paths"].values():
        yield from path.values()


def _shared(known: Described, kind: str, name: str, value: Described) -> Described:
    """Return a reference to `value`, or itself where the name means another thing already."""
    if known.setdefault(name, value) != value:
        return value
    return {"$ref": f"#/components/{kind}/{name}"}
