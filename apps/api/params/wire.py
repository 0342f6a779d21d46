"""Shapes that are read off the description of the wire, so that nobody writes them by hand.

`apps.api.wire` has what each operation takes; here it becomes the kinds of `params`. What a room
knows better than the description, it says by an override.
"""

from collections.abc import Callable, Mapping
from typing import Any

from apps.api import wire
from apps.api.params.kinds import (
    AccountNumber,
    Amount,
    Boolean,
    CardNumber,
    Currency,
    Email,
    Integer,
    Param,
    Text,
    Time,
    Unsupported,
)
from apps.api.params.nested import AnyOf, ListOf, MapOf, Metadata, Shape, Whole
from apps.api.params.operations import CREATED, address, operation, paged
from apps.api.params.uploads import FileUpload
from apps.api.wire.scope import REASONS

Spec = dict[str, Any]
Overrides = Mapping[str, Param]


def from_wire(name: str, overrides: Overrides | None = None, /, **named: Param) -> Shape:
    """Return the shape of the operation `name` (`POST /v1/disputes/{dispute}`).

    Path parameters are left out; `expand` is in, and for a list what every list takes. What is out
    of scope is refused with its reason (`Unsupported`).

    :param overrides: kinds that stand for those of the description, by path
        (`billing_details[email]`, `items[][amount]`). The last step may be new, what is around it
        must be there.
    :param named: the same for parameters that are not nested.
    :raises KeyError: there is no such operation in scope, or an override is inside of nothing.
    """
    described = wire.operations()[name]
    fields = _fields(described["fields"])
    for path, kind in {**(overrides or {}), **named}.items():
        fields = _override(fields, path.replace("]", "").split("["), kind)
    if described.get("list"):
        return paged(**fields)
    shape = operation(**fields)
    shape.is_listing = shape.is_search = bool(described.get("search"))
    return shape


def _fields(described: Mapping[str, Spec]) -> dict[str, Param]:
    return {name: param_of(spec) for name, spec in described.items()}


def param_of(spec: Spec) -> Param:
    """Return the kind that a parameter of `apps.api.wire` describes."""
    options = {name: True for name in ("required", "unset") if spec.get(name)}
    return _MAKERS[spec["kind"]](spec, options)


def _text(cls: type[Text]) -> Callable[[Spec, Spec], Param]:
    def make(spec: Spec, options: Spec) -> Param:
        if "choices" in spec:
            options = {**options, "choices": tuple(spec["choices"])}
        if "max" in spec:
            options = {**options, "max_length": spec["max"]}
        return cls(**options)

    return make


def _integer(spec: Spec, options: Spec) -> Param:
    limits = {"minimum": "min", "maximum": "max"}
    given = {name: spec[limit] for name, limit in limits.items() if limit in spec}
    cls = Amount if spec["kind"] == "amount" else Integer
    return cls(**given, **options)


_MAKERS: Mapping[str, Callable[[Spec, Spec], Param]] = {
    "account_number": _text(AccountNumber),
    "address": lambda _, options: address(**options),
    "amount": _integer,
    "any": lambda spec, options: AnyOf(*(param_of(one) for one in spec["any"]), **options),
    "boolean": lambda _, options: Boolean(**options),
    "card_number": _text(CardNumber),
    "currency": _text(Currency),
    "email": _text(Email),
    "integer": _integer,
    "list": lambda spec, options: ListOf(param_of(spec["item"]), **options),
    "map": lambda spec, options: MapOf(param_of(spec["key"]), param_of(spec["item"]), **options),
    "metadata": lambda _, __: Metadata(),
    "object": lambda spec, options: Shape(_fields(spec["fields"]), **options),
    "range": lambda _, __: CREATED,
    "text": _text(Text),
    "time": lambda _, options: Time(**options),
    "upload": lambda _, options: FileUpload(**options),
    "unsupported": lambda spec, _: Unsupported(REASONS[spec["reason"]]),
    "whole": lambda spec, options: Whole(_fields(spec["fields"]), **options),
}


def _override(fields: Mapping[str, Param], path: list[str], kind: Param) -> dict[str, Param]:
    """Return `fields` with `kind` at `path`; those that are given are left as they are."""
    step, *rest = path
    return {**fields, step: _put(fields[step], rest, kind) if rest else kind}


def _put(around: Param, path: list[str], kind: Param) -> Param:
    """Return a parameter like `around`, with `kind` at `path` inside of it."""
    options: Spec = {"required": around.required, "unset": around.unset, "doc": around.doc}
    if isinstance(around, ListOf):
        step, *rest = path
        if step:
            raise KeyError(step)
        item = _put(around.item, rest, kind) if rest else kind
        return ListOf(item, max_items=around.max_items, **options)
    if isinstance(around, AnyOf):
        kinds = (_put(one, path, kind) if isinstance(one, Shape) else one for one in around.kinds)
        return AnyOf(*kinds, **options)
    if not isinstance(around, Shape):
        raise KeyError(path[0])
    return type(around)(_override(around.fields, path, kind), **options)
