"""Parameters as they arrive: forms with brackets, or JSON, or a query; always one nested dict.

A file, which only a `multipart/form-data` body can carry, is an `Upload` in it.
"""

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from apps.api.uploads import Upload
from apps.core.errors import Invalid

# Limits on every loop: what is beyond them is a mistake or an attack.
FIELDS_MAX = 5_000
DEPTH_MAX = 10
LIST_MAX = 1_000
INDEX_DIGITS_MAX = 9
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INDEX = re.compile(r"\[([^\[\]]*)\]")

Params = dict[str, Any]


class MalformedBody(Invalid):
    """The body is not what its Content-Type says."""


class BodyTooLarge(Invalid):
    """The body is larger than this installation takes."""

    code = "request_too_large"


def parameters(request: HttpRequest, *, body_bytes_max: int | None = None) -> Params:
    """Return all parameters of `request`; read once, then remembered on it.

    The query counts on every method (libraries put the parameters of GET and DELETE there); the
    body wins where both name a parameter.

    :param body_bytes_max: how large the body may be; MAX_BODY_BYTES, unless given.
    :raises MalformedBody: the body cannot be read.
    :raises BodyTooLarge: it is larger than it may be.
    """
    known: Params | None = getattr(request, "_wire_parameters", None)
    if known is None:
        if body_bytes_max is not None:
            _read(request, body_bytes_max)
        query = unflatten(_pairs(request.META.get("QUERY_STRING", "")))
        known = {**query, **_body(request)}
        request._wire_parameters = known  # type: ignore[attr-defined]
    return known


def _read(request: HttpRequest, bytes_max: int) -> None:
    """Read the body where Django looks for it, before Django asks how large bodies usually are."""
    if not hasattr(request, "_body"):
        body = request.read(bytes_max + 1)
        if len(body) > bytes_max:
            raise BodyTooLarge("The request body is too large.")
        request._body = body


def _body(request: HttpRequest) -> Params:
    try:
        body = request.body
        if not body:
            return {}
        if request.content_type == "multipart/form-data":
            # Whatever charset the header names: the wire has one.
            request.encoding = "utf-8"
            fields = [(key, value) for key, values in request.POST.lists() for value in values]
            files = [(key, file) for key, sent in request.FILES.lists() for file in sent]
            return unflatten(
                [(str(key), str(value)) for key, value in fields]
                + [(str(key), Upload.of(file)) for key, file in files]
            )
        text = body.decode("utf-8")
    except RequestDataTooBig as error:
        raise BodyTooLarge("The request body is too large.") from error
    except SuspiciousOperation as error:
        raise MalformedBody("The request body has too many fields or files.") from error
    except (UnicodeDecodeError, MultiPartParserError) as error:
        raise MalformedBody("The request body could not be read: it must be UTF-8.") from error
    if request.content_type == "application/json":
        return _json(text)
    return unflatten(_pairs(text))


def _json(text: str) -> Params:
    try:
        value = json.loads(text, parse_float=_keep_as_text)
        # An escape can name half a character (a lone surrogate), which no text can hold.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise MalformedBody("The request body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise MalformedBody("The request body must be a JSON object.")
    _check_depth(value)
    return value


def _check_depth(body: Params) -> None:
    """Refuse what nests deeper than bracketed keys may: whoever walks it may recurse."""
    level: list[Any] = [body]
    for _ in range(DEPTH_MAX):
        inside = chain.from_iterable(
            one.values() if isinstance(one, dict) else one for one in level
        )
        level = [one for one in inside if isinstance(one, (dict, list))]
        if not level:
            return
    raise MalformedBody(f"Parameters nest deeper than {DEPTH_MAX}.")


def _keep_as_text(digits: str) -> str:
    # A number with a point stays text, so that no float ever touches an amount.
    return digits


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except UnicodeDecodeError as error:
        raise MalformedBody("The parameters must be UTF-8.") from error
    except ValueError as error:
        raise MalformedBody(f"There are more than {FIELDS_MAX} parameters.") from error


def unflatten(pairs: Sequence[tuple[str, str | Upload]]) -> Params:
    """Return the nested value of bracketed keys.

    `a[b]=c` is `{"a": {"b": "c"}}`; `x[]=1&x[]=2` and `x[0]=1&x[1]=2` are both `{"x": ["1", "2"]}`.

    :raises MalformedBody: a key is malformed, too deep, or used in two ways.
    """
    root: Params = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        if match is None:
            raise MalformedBody(f"Malformed parameter name: {key[:100]}", param=key[:100])
        path = [match[1], *_INDEX.findall(match[2])]
        if len(path) > DEPTH_MAX:
            raise MalformedBody(f"Parameters nest deeper than {DEPTH_MAX}.", param=key[:100])
        _put(root, path, value, key)
    return {name: _listed(value, name) for name, value in root.items()}


def _put(root: Params, path: list[str], value: str | Upload, key: str) -> None:
    """Set `value` at `path`; a list is a dict with whole numbers for keys until `_listed`."""
    at = root
    for step in path[:-1]:
        inner = at.setdefault(str(len(at)) if step == "" else step, {})
        if not isinstance(inner, dict):
            raise MalformedBody(f"{key} is used both with and without brackets.", param=path[0])
        at = inner
    last = str(len(at)) if path[-1] == "" else path[-1]
    if isinstance(at.get(last), dict):
        raise MalformedBody(f"{key} is used both with and without brackets.", param=path[0])
    at[last] = value


def _listed(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item, f"{name}[{key}]") for key, item in value.items()}
    # Metadata may have numbers for keys, so the shape decides again: see params.Metadata.
    if not all(_is_index(key) for key in inner):
        return inner
    if len(inner) > LIST_MAX:
        raise MalformedBody(f"{name} has more than {LIST_MAX} items.", param=name)
    return NumberedList(inner)


def _is_index(key: str) -> bool:
    return len(key) <= INDEX_DIGITS_MAX and key.isascii() and key.isdigit()


class NumberedList(list[Any]):
    """A list that came as `x[0]=…`, in the order of its indexes; `Metadata` wants the keys."""

    def __init__(self, by_index: dict[str, Any]) -> None:
        super().__init__(by_index[key] for key in sorted(by_index, key=int))
        self.by_index = by_index
