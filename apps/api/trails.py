"""The trail of an object: everything that hangs together with it, through all rooms.

The rooms say what is linked to what (`registry.register_links`); the walk goes from an id to its
neighbours, level by level, and asks each room once a level. So a trail costs as many queries as it
is deep, however much there is on each level.
"""

from dataclasses import dataclass

from apps.api import registry

# More than these are not collected, and nothing is followed further than this.
IDS_MAX = 500
LEVELS_MAX = 12


@dataclass(frozen=True, slots=True)
class Trail:
    """What was found.

    :ivar ids: in the order in which the objects were made; the one that was asked for is among
        them, whether or not there is such an object.
    :ivar has_more: there was more than fits.
    """

    ids: list[str]
    has_more: bool


def walk(object_id: str) -> Trail:
    """Return the trail of what `object_id` names, of the current account.

    Hubs, such as a customer, are on it, and nothing beyond them is; unless one asks for a hub: then
    it is what is linked to it directly.
    """
    seen = {object_id}
    reached = [object_id]
    has_more = False
    for _ in range(LEVELS_MAX):
        room = IDS_MAX - len(seen)
        # One more than there is room for, beyond those that are known already.
        new = registry.linked(reached, limit=2 * IDS_MAX) - seen
        has_more = has_more or len(new) > room
        nearest = sorted(new, key=made_at)[:room]
        seen.update(nearest)
        reached = [one for one in nearest if not _is_hub(one)]
        if not reached:
            break
    else:
        has_more = True
    return Trail(ids=sorted(seen, key=made_at), has_more=has_more)


def made_at(object_id: str) -> tuple[str, str]:
    """Return what sorts ids of all kinds by the time they were made: what follows the prefix."""
    prefix, _, suffix = object_id.rpartition("_")
    return suffix, prefix


def _is_hub(object_id: str) -> bool:
    resource = registry.resource_of(object_id)
    return resource is not None and resource.is_hub
