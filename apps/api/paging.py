"""Lists and cursors: newest first, by id, since ids are in the order of time."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet

from apps.core.errors import Invalid
from apps.core.models import Resource

LIMIT_DEFAULT, LIMIT_MAX = 10, 100
R = TypeVar("R", bound=Resource)


class Page:
    """A page of a list: instances, and whether there are more beyond them.

    :ivar rows: newest first, at most `limit`.
    """

    def __init__(self, rows: list[Any], *, has_more: bool) -> None:
        self.rows = rows
        self.has_more = has_more


class InvalidCursor(Invalid):
    """A cursor names nothing of the caller's, or two cursors were given."""


def page(rows: QuerySet[R], params: dict[str, Any], *, cursor_field: str = "id") -> Page:
    """Return the page of `rows` (already the caller's) that the list parameters ask for.

    `limit` is taken into 1–100. `starting_after` continues towards the older, `ending_before`
    towards the newer; the answer is newest first in both directions.

    :raises InvalidCursor: both cursors, or one that names nothing here.
    """
    limit = min(max(params.get("limit", LIMIT_DEFAULT), 1), LIMIT_MAX)
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise InvalidCursor(
            "Give either starting_after or ending_before, not both.", param="ending_before"
        )
    rows = created_within(rows, params.get("created"))
    if after:
        _check_cursor(rows, after, param="starting_after")
        rows = rows.filter(**{f"{cursor_field}__lt": after})
    if before:
        _check_cursor(rows, before, param="ending_before")
        newer = list(
            rows.filter(**{f"{cursor_field}__gt": before}).order_by(cursor_field)[: limit + 1]
        )
        return Page(newer[:limit][::-1], has_more=len(newer) > limit)
    found = list(rows.order_by(f"-{cursor_field}")[: limit + 1])
    return Page(found[:limit], has_more=len(found) > limit)


def created_within(
    rows: QuerySet[R], created: datetime | dict[str, datetime] | None
) -> QuerySet[R]:
    """Keep the rows of an instant (a whole second), or of a range (`gt`, `gte`, `lt`, `lte`).

    The wire shows whole seconds, so a row counts by the second it was made in.
    """
    if created is None:
        return rows
    bounds = created if isinstance(created, dict) else {"gte": created, "lte": created}
    for name, instant in bounds.items():
        rows = rows.filter(
            **{
                f"created_at__{'gte' if name in ('gt', 'gte') else 'lt'}": (
                    _next_second(instant) if name in ("gt", "lte") else instant
                )
            }
        )
    return rows


def _next_second(instant: datetime) -> datetime:
    return instant + timedelta(seconds=1)


def _check_cursor(rows: QuerySet[R], cursor: str, *, param: str) -> None:
    # The cursor must be the caller's; it need not match the filters of this list.
    if not rows.model.objects.owned().filter(pk=cursor).exists():
        raise InvalidCursor(
            f"No such object: '{cursor[:64]}'", code="resource_missing", param=param
        )
