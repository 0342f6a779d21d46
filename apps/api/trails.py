"""The trail of an object: everything that hangs together with it, through all rooms.

The rooms say what is linked to what (`registry.register_links`); the walk goes from an id to its
neighbours, level by level, and asks each room once a level. So a trail costs as many queries as it
is deep, however much there is on each level.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.api import registry
from apps.api.fields import anything, boolean, embedded, list_of, map_of, reference
from apps.api.registry import ObjectType, Wire

# More than these are not collected, and nothing is followed further than this.
IDS_MAX = 500
LEVELS_MAX = 12
EVENT, TRANSACTION, ENTRY = "event", "ledger.transaction", "ledger.entry"

TRAIL = ObjectType(
    name="trail",
    about="Everything that hangs together with an object: what was asked for, what came of it, "
    "what it did to the books, and which events told of it.",
    fields={
        "id": reference("The object that was asked for."),
        "objects": list_of(
            map_of(anything()),
            doc="The objects of the API, in the order in which they were made. A customer or a "
            "payment method is among them, but not what else it took part in.",
        ),
        "ledger_transactions": list_of(
            embedded(TRANSACTION), doc="What was posted to the ledger, in order, with its entries."
        ),
        "events": list_of(embedded(EVENT), doc="What was told of it, in order."),
        "has_more": boolean(f"There is more than the {IDS_MAX} objects that are looked at."),
    },
)


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


def render(object_id: str, shown: Iterable[Wire], *, has_more: bool) -> Wire:
    """Return the wire's trail.

    :param shown: its objects as the API shows them, in order.
    """
    by_name: dict[str, list[Wire]] = {}
    for one in shown:
        place = one["object"] if one["object"] in (EVENT, TRANSACTION, ENTRY) else "object"
        by_name.setdefault(place, []).append(one)
    return {
        "id": object_id,
        "object": TRAIL.name,
        "objects": by_name.get("object", []),
        # An entry that was asked for is in its transaction.
        "ledger_transactions": by_name.get(TRANSACTION, []),
        "events": by_name.get(EVENT, []),
        "has_more": has_more,
    }


def made_at(object_id: str) -> tuple[str, str]:
    """Return what sorts ids of all kinds by the time they were made: what follows the prefix."""
    prefix, _, suffix = object_id.rpartition("_")
    return suffix, prefix


def _is_hub(object_id: str) -> bool:
    resource = registry.resource_of(object_id)
    return resource is not None and resource.is_hub
