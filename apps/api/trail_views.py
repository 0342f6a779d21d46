"""`/v1/trail`: from any object to everything that its money did."""

from rest_framework.exceptions import PermissionDenied

from apps.api import registry, trails
from apps.api.params import operation
from apps.api.registry import Wire
from apps.api.views import WireView
from apps.core.errors import not_found


class TrailDetail(WireView):
    """Retrieve the trail of an object.

    It leads from any object to the whole trail that it belongs to: from a refund or a ledger entry
    to the payment that caused it, from a payment to all that was posted for it. What a restricted
    key may not read is left out.
    """

    resource = "trail"
    returns = trails.TRAIL.name
    shapes = {"GET": operation()}

    def get(self, object_id: str) -> Wire:
        start = registry.resource_of(object_id)
        if start is None or object_id not in registry.find([object_id]):
            raise not_found("object", object_id)
        self.check_object_permissions(self.request, start.name)
        trail = trails.walk(object_id)
        found = registry.find(trail.ids)
        shown = [registry.render(found[one]) for one in trail.ids if one in found]
        readable = {name for name in {one["object"] for one in shown} if self.may_read(name)}
        return trails.render(
            object_id,
            [one for one in shown if one["object"] in readable],
            has_more=trail.has_more,
        )

    def may_read(self, name: str) -> bool:
        """Return whether the key may read objects of this name."""
        try:
            self.check_object_permissions(self.request, name)
        except PermissionDenied:
            return False
        return True
