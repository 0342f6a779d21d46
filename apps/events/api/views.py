"""`/v1/events`."""

from apps.api.paging import Page, page
from apps.api.params import Boolean, InvalidParameter, ListOf, Text, listing, operation
from apps.api.views import WireView
from apps.events import queries
from apps.events.models import Event

TYPES_MAX = 20
LIST = listing(
    delivery_success=Boolean(),
    type=Text(max_length=80),
    types=ListOf(Text(max_length=80), max_items=TYPES_MAX),
)


class Events(WireView):
    """List."""

    resource = "events"
    returns = "event"
    shapes = {"GET": LIST}

    def get(self) -> Page:
        if "type" in self.params and "types" in self.params:
            raise InvalidParameter("Give either type or types, not both.", param="types")
        types = [self.params["type"]] if "type" in self.params else self.params.get("types")
        rows = queries.list_events(types=types, is_delivered=self.params.get("delivery_success"))
        found = page(rows, self.params)
        queries.count_pending(found.rows)
        return found


class EventDetail(WireView):
    """Retrieve."""

    resource = "events"
    returns = "event"
    shapes = {"GET": operation()}

    def get(self, event: str) -> Event:
        return queries.get_event(event)
