"""Shapes of parameters: what an operation takes. Declared once, checked strictly, described by
them.

A `Shape` parses the nested dict of a request into typed values. What was not given is absent from
the result (absent and unset are different things); `""` unsets a parameter and becomes None. Every
refusal names the parameter with its whole path, as the wire does.
"""

from apps.api.params.kinds import (
    TIME_MAX,
    AccountNumber,
    Amount,
    Boolean,
    CardNumber,
    Currency,
    Email,
    Integer,
    InvalidParameter,
    Param,
    Rate,
    Schema,
    Text,
    Time,
    Unsupported,
)
from apps.api.params.nested import AnyOf, ListOf, MapOf, Metadata, Shape, Whole
from apps.api.params.operations import (
    CREATED,
    EXPAND,
    address,
    listing,
    merge_metadata,
    operation,
    paged,
)
from apps.api.params.uploads import FileUpload
from apps.api.params.wire import from_wire

__all__ = [
    "CREATED",
    "EXPAND",
    "TIME_MAX",
    "AccountNumber",
    "Amount",
    "AnyOf",
    "Boolean",
    "CardNumber",
    "Currency",
    "Email",
    "FileUpload",
    "Integer",
    "InvalidParameter",
    "ListOf",
    "MapOf",
    "Metadata",
    "Param",
    "Rate",
    "Schema",
    "Shape",
    "Text",
    "Time",
    "Unsupported",
    "Whole",
    "address",
    "from_wire",
    "listing",
    "merge_metadata",
    "operation",
    "paged",
]
