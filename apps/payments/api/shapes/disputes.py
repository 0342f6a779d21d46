"""The parameters of `/v1/disputes`, and of the dispute of a charge."""

from apps.api.params import Param, Shape, Text, from_wire


def _update(operation: str) -> Shape:
    """Return a shape in which evidence can be taken back, as the libraries do with `""`."""
    evidence = from_wire(operation).fields["evidence"]
    assert isinstance(evidence, Shape)
    texts: dict[str, Param] = {
        f"evidence[{name}]": Text(max_length=kind.max_length, unset=True)
        for name, kind in evidence.fields.items()
        if isinstance(kind, Text)
    }
    return from_wire(operation, texts)


LIST = from_wire("GET /v1/disputes")
RETRIEVE = from_wire("GET /v1/disputes/{dispute}")
UPDATE = _update("POST /v1/disputes/{dispute}")
CLOSE = from_wire("POST /v1/disputes/{dispute}/close")
RETRIEVE_OF_CHARGE = from_wire("GET /v1/charges/{charge}/dispute")
UPDATE_OF_CHARGE = _update("POST /v1/charges/{charge}/dispute")
CLOSE_OF_CHARGE = from_wire("POST /v1/charges/{charge}/dispute/close")
