"""What the reads of all kinds of objects have in common."""

from typing import Any, TypeVar

from django.db.models import QuerySet

from apps.core.errors import not_found
from apps.core.models import Resource

R = TypeVar("R", bound=Resource)


def find(model: type[R], kind: str, object_id: str, *, for_update: bool) -> R:
    """Return the object with this id.

    :param kind: what an error calls it.
    :raises NotFound: there is none.
    """
    rows: QuerySet[Any] = model.objects.owned()
    if for_update:
        # Not FOR UPDATE: rows that refer to this one may be inserted meanwhile.
        rows = rows.select_for_update(no_key=True)
    found: R | None = rows.filter(pk=object_id).first()
    if found is None:
        raise not_found(kind, object_id)
    return found


def filtered(rows: QuerySet[R], filters: dict[str, Any], columns: dict[str, str]) -> QuerySet[R]:
    """Keep what fits those of `filters` that name a column of `columns`."""
    given = {columns[name]: value for name, value in filters.items() if name in columns}
    return rows.filter(**given)
