"""One object of each kind, and what the endpoints want to be asked with.

Every module here has `make(api, made)`, which makes objects and returns their ids by the names of
path parameters (`made` has those of `base` and of the modules before it, by name), and `REQUIRED`:
the parameters that an endpoint refuses to look without, as a function of the client: by its path,
or by `POST` and its path where only one of its verbs has them.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.client import ApiClient

_NAMES = sorted(
    (path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__"),
    key=lambda name: (name != "base", name),
)
_MODULES = [import_module(f"tests.objects.{name}") for name in _NAMES]
REQUIRED: dict[str, Callable[[ApiClient], dict[str, Any]]] = {
    path: make for module in _MODULES for path, make in module.REQUIRED.items()
}


def objects_of(api: ApiClient) -> dict[str, str]:
    """Make one object of each kind; return its id by the name of the path parameter."""
    made: dict[str, str] = {}
    for module in _MODULES:
        made |= module.make(api, made)
    return made


def required(verb: str, path: str, api: ApiClient) -> dict[str, Any]:
    """Return the parameters that an endpoint refuses to look without."""
    path = path.removeprefix("v1/")
    make = REQUIRED.get(f"{verb} {path}", REQUIRED.get(path))
    return {} if make is None else make(api)
