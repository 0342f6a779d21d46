"""What operations have in common: `expand`, the parameters of lists, addresses, metadata."""

from typing import Any

from apps.api.params.kinds import Integer, InvalidParameter, Param, Text, Time
from apps.api.params.nested import AnyOf, ListOf, Metadata, Shape, Whole

CREATED = AnyOf(
    Time(),
    Shape(gt=Time(), gte=Time(), lt=Time(), lte=Time()),
    doc="Only what was made in this second, or between these bounds.",
)
EXPAND = ListOf(
    Text(max_length=200),
    max_items=50,
    doc="Properties that hold an id, to be answered with the object that it names (`customer`, "
    "`data.customer` in a list): at most four levels deep.",
)


def operation(**fields: Param) -> Shape:
    """Return the shape of an operation; every operation takes `expand`."""
    return Shape({**fields, "expand": EXPAND})


def listing(**fields: Param) -> Shape:
    """Return the shape of a list operation: its filters, and the parameters of every list."""
    return paged(**fields, created=CREATED)


def paged(**fields: Param) -> Shape:
    """Return the shape of a list that is in another order than that in which things were made."""
    shape = operation(
        **fields,
        ending_before=Text(
            max_length=64, doc="An id of this list: the page ends before it, towards the newer."
        ),
        limit=Integer(doc="How many at most: 1 to 100, 10 unless given."),
        starting_after=Text(
            max_length=64, doc="An id of this list: the page starts after it, towards the older."
        ),
    )
    shape.is_listing = True
    return shape


def address(**options: Any) -> Shape:
    """Return the shape of a postal address."""
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    return Whole({part: Text(unset=True) for part in parts}, **options)


def merge_metadata(present: dict[str, str], given: dict[str, str | None] | None) -> dict[str, str]:
    """Return `present` with `given` merged in: None for a key removes it, None at all clears.

    :raises InvalidParameter: more than 50 keys result.
    """
    if given is None:
        return {}
    merged = {**present, **given}
    kept = {key: value for key, value in merged.items() if value is not None}
    if len(kept) > Metadata.KEYS_MAX:
        raise InvalidParameter("metadata must have at most 50 keys.", param="metadata")
    return kept
