"""Requests that are made of what operations say they take: valid values, and wrong ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.api.params import (
    AccountNumber,
    Amount,
    AnyOf,
    Boolean,
    CardNumber,
    Currency,
    Email,
    FileUpload,
    Integer,
    ListOf,
    MapOf,
    Metadata,
    Param,
    Rate,
    Shape,
    Text,
    Time,
    Unsupported,
)

Path = tuple[str, ...]
"""Names from the outside in; `[]` is an item of a list, `{}` a name that is data."""

ITEM, NAME = "[]", "{}"
TIME = 1_900_000_000
PNG = b"\x89PNG\r\n\x1a\n"

# What a text must be, by its name, to be more than a text.
TEXTS: Mapping[str, str] = {
    "arrival_date": str(TIME),
    "country": "US",
    "enabled_events": "*",
    "ip": "192.0.2.1",
    "ip_address": "192.0.2.1",
    "query": "created>0",
    "return_url": "https://example.com/back",
    "routing_number": "110000000",
    "source": "tok_visa",
    "token": "tok_visa",
    "url": "https://example.com/hook",
    "value": "DE123456789",
}


# Which of several choices is taken, where they do not all go with the other values.
PREFERRED = {"eu_vat", "self", "us_bank_transfer"}


def leaves(kind: Param, path: Path = ()) -> Iterator[tuple[Path, Param]]:
    """Yield every value that a shape takes, at any depth, with what it must be."""
    if isinstance(kind, Shape):
        for name, inner in kind.fields.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(kind, ListOf):
        yield from leaves(kind.item, (*path, ITEM))
    elif isinstance(kind, MapOf):
        yield from leaves(kind.item, (*path, NAME))
    elif isinstance(kind, AnyOf):
        for one in kind.kinds:
            yield from leaves(one, path)
    elif isinstance(kind, Metadata):
        yield (*path, NAME), Text(max_length=500)
    else:
        yield path, kind


def supported(shape: Shape) -> list[tuple[Path, Param]]:
    """Return the leaves of a shape that are in scope."""
    return [(path, kind) for path, kind in leaves(shape) if not isinstance(kind, Unsupported)]


def sample(kind: Param, name: str, ids: Mapping[str, str]) -> Any:
    """Return a valid value.

    :param name: of the parameter; some texts are known by theirs alone.
    :param ids: objects that are there, by the names of parameters.
    """
    match kind:
        case Shape():
            return required(kind, ids)
        case ListOf():
            return [sample(kind.item, name, ids)]
        case MapOf():
            return {sample(kind.key, "", ids): sample(kind.item, name, ids)}
        case AnyOf():
            return sample(kind.kinds[0], name, ids)
        case Metadata():
            return {"key": "value"}
        case Text():
            return _text(kind, name, ids)
        case _:
            return _scalar(kind, name)


def _scalar(kind: Param, name: str) -> Any:
    match kind:
        case Boolean():
            return True
        case Time():
            return TIME
        case Rate():
            return "1.5"
        case FileUpload():
            return SimpleUploadedFile("evidence.png", PNG)
        case Amount():
            return max(kind.minimum, min(kind.maximum, 1_000))
        case Integer():
            # A card that has expired would be refused for that.
            wished = {"exp_month": 12, "exp_year": 2039}.get(name, 1)
            return max(kind.minimum, min(kind.maximum, wished))
    raise NotImplementedError(f"{name}: {type(kind).__name__}")


def _text(kind: Text, name: str, ids: Mapping[str, str]) -> str:
    match kind:
        case CardNumber():
            return "4242424242424242"
        case AccountNumber():
            return "DE89370400440532013000" if name == "iban" else "000123456789"
        case Currency():
            return "usd"
        case Email():
            return "somebody@example.com"
        case Text(choices=(first, *others)):
            return next((one for one in others if one in PREFERRED), first)
    return ids.get(name) or TEXTS.get(name) or "text"[: kind.max_length]


def required(shape: Shape, ids: Mapping[str, str]) -> dict[str, Any]:
    """Return values of the parameters without which a shape is refused."""
    return {
        name: sample(inner, name, ids) for name, inner in shape.fields.items() if inner.required
    }


def request_with(shape: Param, path: Path, value: Any, ids: Mapping[str, str]) -> Any:
    """Return parameters with `value` at `path`, and beside it all that is required."""
    if not path:
        return value
    step, *rest = path
    if isinstance(shape, AnyOf):
        holders: Mapping[str, type[Param]] = {ITEM: ListOf, NAME: MapOf}
        fitting = (one for one in shape.kinds if isinstance(one, holders.get(step, Shape)))
        shape = next(one for one in fitting if not isinstance(one, Shape) or step in one.fields)
    if isinstance(shape, ListOf):
        return [request_with(shape.item, tuple(rest), value, ids)]
    if isinstance(shape, MapOf):
        return {"usd": request_with(shape.item, tuple(rest), value, ids)}
    if isinstance(shape, Metadata):
        return {"key": value}
    assert isinstance(shape, Shape)
    inner = shape.fields[step]
    return {**required(shape, ids), step: request_with(inner, tuple(rest), value, ids)}


def spelled(path: Path) -> str:
    """Return a path as the wire writes it: `items[0][price]`."""
    names = ("0" if step == ITEM else "usd" if step == NAME else step for step in path)
    first, *rest = names
    return first + "".join(f"[{name}]" for name in rest)
