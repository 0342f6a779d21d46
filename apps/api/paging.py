"""Lists and cursors: newest first, by id, since ids are in the order of time."""

from dataclasses import dataclass
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


class SearchPage(Page):
    """A page of what was found.

    :ivar next_page: continues the search; None at its end.
    :ivar total_count: how many there are, up to a limit; None if nobody asked.
    """

    def __init__(
        self, rows: list[Any], *, next_page: str | None, total_count: int | None = None
    ) -> None:
        super().__init__(rows, has_more=next_page is not None)
        self.next_page = next_page
        self.total_count = total_count


class InvalidCursor(Invalid):
    """A cursor names nothing of the caller's, or two cursors were given."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for: at most one of the cursors is given."""

    limit: int
    after: str | None
    before: str | None


def page(rows: QuerySet[R], params: dict[str, Any], *, cursor_field: str = "id") -> Page:
    """Return the page of `rows` (already the caller's) that the list parameters ask for.

    `limit` is taken into 1–100. `starting_after` continues towards the older, `ending_before`
    towards the newer; the answer is newest first in both directions.

    :raises InvalidCursor: both cursors, or one that names nothing here.
    """
    asked = window(params)
    rows = created_within(rows, params.get("created"))
    if asked.after:
        _check_cursor(rows, asked.after, param="starting_after")
        rows = rows.filter(**{f"{cursor_field}__lt": asked.after})
    if asked.before:
        _check_cursor(rows, asked.before, param="ending_before")
        rows = rows.filter(**{f"{cursor_field}__gt": asked.before}).order_by(cursor_field)
        return cut(list(rows[: asked.limit + 1])[::-1], asked)
    return cut(list(rows.order_by(f"-{cursor_field}")[: asked.limit + 1]), asked)


def window(
    params: dict[str, Any], *, default: int = LIMIT_DEFAULT, most: int = LIMIT_MAX
) -> Window:
    """Return the part of a list that `limit` and the cursors ask for.

    :param default: the limit if none is given; `most`: into 1 to which one is taken.
    :raises InvalidCursor: both cursors are given.
    """
    asked = Window(
        limit=min(max(params.get("limit", default), 1), most),
        after=params.get("starting_after"),
        before=params.get("ending_before"),
    )
    if asked.after and asked.before:
        raise InvalidCursor(
            "Give either starting_after or ending_before, not both.", param="ending_before"
        )
    return asked


def cut(rows: list[Any], asked: Window) -> Page:
    """Return the page of `rows`, in the order of the list: one more than the limit, if there is."""
    has_more = len(rows) > asked.limit
    # The one too many is beyond the end that the cursor leads to.
    kept = rows[-asked.limit :] if asked.before else rows[: asked.limit]
    return Page(kept, has_more=has_more)


def no_such_cursor(cursor: str, *, param: str) -> InvalidCursor:
    """Return the refusal of a cursor that names nothing here."""
    return InvalidCursor(f"No such object: '{cursor[:64]}'", code="resource_missing", param=param)


def created_within(
    rows: QuerySet[R], created: datetime | dict[str, datetime] | None
) -> QuerySet[R]:
    """Keep the rows of an instant (a whole second), or of a range (`gt`, `gte`, `lt`, `lte`).

    The wire shows whole seconds, so a row counts by the second it was made in.
    """
    start, end = bounds(created)
    if start is not None:
        rows = rows.filter(created_at__gte=start)
    return rows if end is None else rows.filter(created_at__lt=end)


def bounds(
    within: datetime | dict[str, datetime] | None,
) -> tuple[datetime | None, datetime | None]:
    """Return from when (included) to when (excluded) an instant or a range goes; None: no bound."""
    if within is None:
        return None, None
    given = within if isinstance(within, dict) else {"gte": within, "lte": within}
    starts = [
        _next_second(at) if name == "gt" else at for name, at in given.items() if name[0] == "g"
    ]
    ends = [
        _next_second(at) if name == "lte" else at for name, at in given.items() if name[0] == "l"
    ]
    return max(starts, default=None), min(ends, default=None)


def _next_second(instant: datetime) -> datetime:
    return instant + timedelta(seconds=1)


def _check_cursor(rows: QuerySet[R], cursor: str, *, param: str) -> None:
    # The cursor must be the caller's; it need not match the filters of this list.
    if not rows.model.objects.owned().filter(pk=cursor).exists():
        raise no_such_cursor(cursor, param=param)
