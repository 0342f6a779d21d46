"""From the prefix of an id to its resource: how it is found, shown and expanded.

What must look upwards (a snapshot for an event, the object behind an id in `expand`) goes through
here, so that a low room can show an object of a higher one without importing it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.core.errors import Invalid

Wire = dict[str, Any]
EXPAND_DEPTH_MAX = 4


class NotExpandable(Invalid):
    """`expand` names a property that is not an id of something."""

    code = "property_not_expandable"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource of the wire.

    :ivar prefix: what its ids begin with, without the underscore.
    :ivar name: the `object` field.
    :ivar model: the class whose instances `render` shows.
    :ivar render: makes the wire's object of an instance; runs no query of its own.
    :ivar find_many: the instances of the current account with these ids, by id; others are left
        out.
    :ivar expandable: names of the properties of the rendered object that hold an id.
    :ivar lists: properties that are absent until expanded, with what makes them from the object.
    """

    prefix: str
    name: str
    model: type
    render: Callable[[Any], Wire]
    find_many: Callable[[Iterable[str]], Mapping[str, Any]]
    expandable: frozenset[str] = frozenset()
    lists: Mapping[str, Callable[[Wire], Wire]] = field(default_factory=dict)


_by_prefix: dict[str, ResourceType] = {}
_by_name: dict[str, ResourceType] = {}
_by_model: dict[type, ResourceType] = {}


def register(resource: ResourceType) -> None:
    """Make a resource known. Called once per resource, by its app's `ready()`."""
    _by_prefix[resource.prefix] = resource
    _by_name[resource.name] = resource
    _by_model[resource.model] = resource


def resources() -> Iterable[ResourceType]:
    """Return all resources, in the order of their names."""
    return [_by_name[name] for name in sorted(_by_name)]


def resource_of(object_id: str) -> ResourceType | None:
    """Return the resource that `object_id` names by its prefix."""
    return _by_prefix.get(object_id.rpartition("_")[0])


def render(instance: Any) -> Wire:
    """Return `instance` as the API shows it."""
    return _by_model[type(instance)].render(instance)


def expand(shown: Wire, paths: Iterable[str]) -> None:
    """Replace ids in `shown` by the objects they name, in place; one query per path and level.

    :param paths: as in `expand[]`: dotted, at most four levels (`data` of a list does not count).
    :raises NotExpandable: a path leads to something that is not expandable.
    """
    for path in paths:
        steps = path.split(".")
        depth = len(steps) - steps.count("data")
        if not 0 < depth <= EXPAND_DEPTH_MAX:
            raise NotExpandable(
                f"{path} goes deeper than {EXPAND_DEPTH_MAX} levels.", param="expand"
            )
        _expand_path([shown], steps, path)


def _expand_path(objects: list[Wire], steps: list[str], path: str) -> None:
    """Expand the first of `steps` on all `objects` at once, then the rest on what came of it."""
    if not steps or not objects:
        return
    step, rest = steps[0], steps[1:]
    if all(shown.get("object") in ("list", "search_result") for shown in objects):
        if step != "data":
            raise _refusal(path)
        _expand_path([item for shown in objects for item in shown["data"]], rest, path)
        return
    for shown in objects:
        _check_step(shown, step, path, is_last=not rest)
    inner = [shown[step] for shown in objects if isinstance(shown.get(step), dict)]
    inner += _replace_ids([shown for shown in objects if isinstance(shown.get(step), str)], step)
    _expand_path(inner, rest, path)


def _check_step(shown: Wire, step: str, path: str, *, is_last: bool) -> None:
    """Refuse a step that leads nowhere; make the list that it names, if it names one."""
    resource = _by_name.get(shown.get("object", ""))
    if resource is not None and step in resource.expandable:
        return
    if resource is not None and step in resource.lists:
        if shown.get(step) is None:
            shown[step] = resource.lists[step](shown)
        return
    # A nested object on the way (`invoice_settings.default_payment_method`) is walked through, and
    # an id inside one is expanded; null stays null.
    is_walkable = isinstance(shown.get(step), dict) and not is_last
    is_inside = resource is None and (
        shown.get(step, "") is None or resource_of(str(shown.get(step))) is not None
    )
    if not (is_walkable or is_inside):
        raise _refusal(path)


def _replace_ids(holders: list[Wire], step: str) -> list[Wire]:
    """Put objects in the place of the ids at `step`; an id of nothing (any more) stays an id."""
    replaced: list[Wire] = []
    ids = {holder[step] for holder in holders}
    for prefix in {object_id.rpartition("_")[0] for object_id in ids}:
        resource = _by_prefix.get(prefix)
        if resource is None:
            continue
        found = resource.find_many([i for i in ids if i.rpartition("_")[0] == prefix])
        for holder in holders:
            instance = found.get(holder[step]) if isinstance(holder[step], str) else None
            if instance is not None:
                holder[step] = resource.render(instance)
                replaced.append(holder[step])
    return replaced


def _refusal(path: str) -> NotExpandable:
    return NotExpandable(f"This property cannot be expanded: {path}.", param="expand")
