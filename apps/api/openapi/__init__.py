"""The OpenAPI description of `/v1`, read off what the views, shapes and resources declare."""

import json
from functools import cache

from drf_spectacular.generators import SchemaGenerator


@cache
def document() -> bytes:
    """Return the description as JSON: the same for the same code, on every installation."""
    described = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return f"{json.dumps(described, indent=2, ensure_ascii=False)}\n".encode()
