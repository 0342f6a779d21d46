"""From the prefix of an id to its resource: how it is found, shown, expanded and linked.

What must look upwards (a snapshot for an event, the object behind an id in `expand`, the trail of
an object) goes through here, so that a low room can show an object of a higher one without
importing it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from apps.api.fields import Fields
from apps.core import context
from apps.core.errors import Invalid

Wire = dict[str, Any]
EXPAND_DEPTH_MAX = 4


class NotExpandable(Invalid):
    """`expand` names a property that is not an id of something."""

    code = "property_not_expandable"


@dataclass(frozen=True, slots=True)
class NestedList:
    """A list inside an object that is absent until it is expanded.

    :ivar item: the `object` of what it lists; empty: it lists nothing that there is yet.
    :ivar make: makes the wire's list from the object around it.
    :ivar others: further `object`s that it may list.
    """

    item: str
    make: Callable[[Wire], Wire]
    others: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """Return the `object`s of what it may list."""
        return (self.item, *self.others) if self.item else ()


@dataclass(frozen=True, slots=True)
class NestedObject:
    """An object inside another one that is absent until it is expanded, and has no id.

    :ivar name: its `object`; empty: it is a part of the object around it.
    :ivar make: makes it from the object around it; None: there is none.
    """

    name: str
    make: Callable[[Wire], Wire | None]


Nested = NestedList | NestedObject


@dataclass(frozen=True, slots=True)
class OldList:
    """A list that versions before a date show inside an object without being asked for it.

    :ivar item: the `object` of what it lists.
    :ivar before: the date, as in a version.
    :ivar find_many: what it lists, newest first, by the ids of the objects around it: one query.
    :ivar url: where the list is by itself; `{}` stands for the id of the object around it.
    """

    item: str
    before: str
    find_many: Callable[[Iterable[str]], Mapping[str, list[Any]]]
    url: str


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource of the wire.

    :ivar prefix: what its ids begin with, without the underscore; empty: it has no ids.
    :ivar name: the `object` field.
    :ivar model: the class whose instances `render` shows.
    :ivar render: makes the wire's object of an instance; runs no query of its own.
    :ivar find_many: the instances of the current account with these ids, by id; others are left
        out.
    :ivar render_public: makes what a browser with a publishable key may see; without it, or if it
        is None, a browser sees nothing of it.
    :ivar expandable: the properties that hold an id (`customer`, `a.b` inside a nested object),
        with the `object`s that it may name.
    :ivar lists: the properties that are lists or objects and come by `expand` alone, by name.
    :ivar is_hub: so many others are linked to it that a trail shows it and does not go on from it.
    :ivar about: what it is, in a sentence or two, for the OpenAPI description.
    :ivar fields: what it holds besides `id` and `object` (`apps.api.fields`); None: not described.
    """

    prefix: str
    name: str
    model: type
    render: Callable[[Any], Wire]
    find_many: Callable[[Iterable[str]], Mapping[str, Any]]
    render_public: Callable[[Any], Wire | None] | None = None
    expandable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lists: Mapping[str, Nested] = field(default_factory=dict)
    is_hub: bool = False
    about: str = ""
    fields: Fields | None = None


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object of the wire that has no id: a view makes it as a dict (`ledger.balance`).

    :ivar name: the `object` field, and what the view `returns`.
    :ivar about: what it is.
    :ivar fields: what it holds besides `object`.
    """

    name: str
    about: str
    fields: Fields


class FindLinked(Protocol):
    """What a room says of how ids hang together: a query or a few, however many ids there are."""

    def __call__(self, ids: Collection[str], *, limit: int) -> Iterable[str]:
        """Return what the objects with these ids are linked to, of the current account.

        Ids that the room knows nothing of are passed over; the ids themselves may be among the
        result.

        :param limit: no query returns more rows.
        """


_by_prefix: dict[str, list[ResourceType]] = {}
_by_name: dict[str, ResourceType] = {}
_by_model: dict[type, ResourceType] = {}
_objects: dict[str, ObjectType] = {}
_old_lists: dict[tuple[str, str], OldList] = {}
_links: list[FindLinked] = []


def register(resource: ResourceType) -> None:
    """Make a resource known. Called once per resource, by its app's `ready()`.

    Two rooms may each have their own kind of one object: a `bank_account` belongs to the merchant,
    or to a customer. Each is found and shown by its room.
    """
    if resource.prefix:
        _by_prefix.setdefault(resource.prefix, []).append(resource)
    _by_model[resource.model] = resource
    known = _by_name.get(resource.name)
    if known is not None:
        resource = replace(
            resource,
            expandable={**known.expandable, **resource.expandable},
            lists={**known.lists, **resource.lists},
        )
    _by_name[resource.name] = resource


def register_nested(name: str, prop: str, nested: Nested) -> None:
    """Let an object of a lower room have a property that a higher room makes, by `expand` alone.

    :param name: the `object`, which is registered.
    """
    known = _by_name[name]
    _by_name[name] = replace(known, lists={**known.lists, prop: nested})


def register_old_list(name: str, prop: str, old: OldList) -> None:
    """Let an object have the list that older versions show in it; called by `ready()`."""
    _old_lists[name, prop] = old


def register_object(described: ObjectType) -> None:
    """Make an object without an id known to the OpenAPI description; called by `ready()` too."""
    _objects[described.name] = described


def register_links(find: FindLinked) -> None:
    """Let a room say what its objects are linked to; called by its `ready()`."""
    _links.append(find)


def linked(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what objects of the current account are linked to, as every room knows it."""
    return {one for find in _links for one in find(ids, limit=limit)}


def find(ids: Iterable[str]) -> dict[str, Any]:
    """Return the instances of the current account with these ids, by id; one query per resource."""
    by_prefix: dict[str, list[str]] = {}
    for object_id in ids:
        by_prefix.setdefault(object_id.rpartition("_")[0], []).append(object_id)
    found: dict[str, Any] = {}
    for prefix, of_one_kind in by_prefix.items():
        for resource in _by_prefix.get(prefix, ()):
            found.update(resource.find_many(of_one_kind))
    return found


def objects() -> Iterable[ObjectType]:
    """Return all objects without ids, in the order of their names."""
    return [_objects[name] for name in sorted(_objects)]


def resources() -> Iterable[ResourceType]:
    """Return all resources, in the order of their names."""
    return [_by_name[name] for name in sorted(_by_name)]


def resource_of(object_id: str) -> ResourceType | None:
    """Return the resource that `object_id` names by its prefix."""
    return next(iter(_by_prefix.get(object_id.rpartition("_")[0], ())), None)


def render(instance: Any) -> Wire:
    """Return `instance` as the API shows it, whole."""
    return _by_model[type(instance)].render(instance)


def show(instance: Any) -> Wire | None:
    """Return what the caller of the current context may see of `instance`; None: nothing."""
    resource = _by_model[type(instance)]
    here = context.maybe_current()
    if here is None or not here.is_public:
        return resource.render(instance)
    return resource.render_public(instance) if resource.render_public else None


def check_expand(names: tuple[str, ...], paths: Iterable[str], *, is_list: bool) -> set[str]:
    """Check what a request wants expanded, before anything runs; return what that would show.

    :param names: the `object` that is answered or listed, or those that it may be.
    :param paths: as in `expand[]`: dotted, at most four levels (`data` of a list does not count).
    :returns: the `object`s, besides those of the answer itself.
    :raises NotExpandable: a path leads to something that is not expandable.
    """
    shown: set[str] = set()
    for path in paths:
        steps = path.split(".")
        depth = len(steps) - steps.count("data")
        if depth > EXPAND_DEPTH_MAX:
            raise NotExpandable(
                f"{path} goes deeper than {EXPAND_DEPTH_MAX} levels.", param="expand"
            )
        reached = _names_along(names, steps, is_list=is_list) if depth else None
        if reached is None:
            raise NotExpandable(f"This property cannot be expanded: {path}.", param="expand")
        shown |= reached
    return shown


def _names_along(names: tuple[str, ...], steps: list[str], *, is_list: bool) -> set[str] | None:
    """Return what expanding an object with one of these names along `steps` may show.

    None if it cannot be expanded so.
    """
    if not steps:
        return set()
    if is_list:
        return _names_along(names, steps[1:], is_list=False) if steps[0] == "data" else None
    for resource in (_by_name[name] for name in names if name in _by_name):
        # A property of a nested object takes two steps.
        for length in (1, 2):
            targets = resource.expandable.get(".".join(steps[:length]))
            if targets is not None:
                rest = _names_along(targets, steps[length:], is_list=False)
                if rest is not None:
                    return rest.union(targets)
        nested = resource.lists.get(steps[0]) or _old_list(resource.name, steps[0])
        if nested is not None:
            is_a_list = not isinstance(nested, NestedObject)
            names = _names_in(nested)
            rest = _names_along(names, steps[1:], is_list=is_a_list)
            if rest is not None:
                return rest.union(name for name in names if name)
    return None


def _names_in(nested: Nested | OldList) -> tuple[str, ...]:
    if isinstance(nested, NestedList):
        return nested.items
    return (nested.item if isinstance(nested, OldList) else nested.name,)


def _old_list(name: str, prop: str) -> OldList | None:
    """Return the list that the version of the current request shows in an object, if it does."""
    old = _old_lists.get((name, prop))
    here = context.maybe_current()
    if old is None or here is None or not here.api_version:
        return None
    return old if here.api_version < old.before else None


def fill_old_list(holders: list[Wire], prop: str) -> None:
    """Add the list that older versions show in objects of one kind, to all of them at once.

    A caller who may not see what it lists gets no list.
    """
    old = _old_lists.get((holders[0]["object"], prop)) if holders else None
    if old is None:
        return
    found = old.find_many([holder["id"] for holder in holders])
    for holder in holders:
        rows = found.get(holder["id"], [])
        shown = [one for row in rows if (one := show(row)) is not None]
        if len(shown) == len(rows):
            holder[prop] = {
                "object": "list",
                "data": shown,
                "has_more": False,
                "total_count": len(shown),
                "url": old.url.format(holder["id"]),
            }


def expand(shown: Wire, paths: Iterable[str]) -> None:
    """Replace ids in `shown` by the objects they name, in place; one query per path and level.

    :param paths: checked by `check_expand`.
    """
    for path in paths:
        _expand_path([shown], path.split("."))


def _expand_path(objects: list[Wire], steps: list[str]) -> None:
    """Expand the first of `steps` on all `objects` at once, then the rest on what came of it."""
    if not steps or not objects:
        return
    step, rest = steps[0], steps[1:]
    for shown in objects:
        resource = _by_name.get(shown.get("object", ""))
        is_nested = resource is not None and step in resource.lists and "deleted" not in shown
        if resource is not None and is_nested and shown.get(step) is None:
            shown[step] = resource.lists[step].make(shown)
    fill_old_list(
        [
            shown
            for shown in objects
            if _old_list(shown.get("object", ""), step) and shown.get(step) is None
        ],
        step,
    )
    inner: list[Wire] = []
    for shown in objects:
        value = shown.get(step)
        inner += value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    inner += _replace_ids([shown for shown in objects if _names_another(shown, step)], step)
    _expand_path(inner, rest)


def _names_another(shown: Wire, step: str) -> bool:
    """Return whether an object has an id at `step` that can be expanded.

    Of the kinds that are listed together, each says so for itself.
    """
    resource = _by_name.get(shown.get("object", ""))
    return isinstance(shown.get(step), str) and (resource is None or step in resource.expandable)


def _replace_ids(holders: list[Wire], step: str) -> list[Wire]:
    """Put objects in the place of the ids at `step`.

    An id of nothing (any more), or of what the caller may not see, stays an id.
    """
    replaced: list[Wire] = []
    found = find({holder[step] for holder in holders})
    for holder in holders:
        instance = found.get(holder[step])
        if instance is not None and (shown := show(instance)) is not None:
            holder[step] = shown
            replaced.append(shown)
    return replaced
