"""The parameters of `/v1/mandates`."""

from apps.api.params import from_wire

RETRIEVE = from_wire("GET /v1/mandates/{mandate}")
