"""Reads of events. Lists are limited to the account of the current context."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from apps.core.errors import Invalid, not_found
from apps.events.models import Event, OutboxRow

WILDCARD = "*"


class Deliveries(Protocol):
    """What the room that delivers events can say of them; it lies above this one."""

    def count_pending(self, event_ids: Iterable[str]) -> Mapping[str, int]:
        """Return how many endpoints still wait for each event of the current environment."""

    def undelivered(self) -> QuerySet[Any, str]:
        """Return the ids of the events of the current environment that an endpoint has not got."""


_deliveries: Deliveries | None = None


def connect_deliveries(deliveries: Deliveries) -> None:
    """Say who knows about deliveries. Called from `ready()` of the app that does."""
    global _deliveries
    _deliveries = deliveries


def list_events(
    *, types: Iterable[str] | None = None, is_delivered: bool | None = None
) -> QuerySet[Event]:
    """Return the events of these types.

    :param types: names; one that ends in `*` stands for all that begin with what is before it.
    :param is_delivered: True: the endpoints have got them all; False: one has not, or not yet.
    """
    rows = Event.objects.owned()
    if types is not None:
        names = list(types)
        wildcards = [name.removesuffix(WILDCARD) for name in names if name.endswith(WILDCARD)]
        if wildcards and len(names) > 1:
            raise Invalid("A wildcard stands alone: give it as type.", param="types")
        rows = (
            rows.filter(type__startswith=wildcards[0]) if wildcards else rows.filter(type__in=names)
        )
    if is_delivered is not None and _deliveries is not None:
        undelivered = _deliveries.undelivered()
        rows = rows.exclude(pk__in=undelivered) if is_delivered else rows.filter(pk__in=undelivered)
    return rows


def get_event(event_id: str) -> Event:
    """Return the event, with the number of endpoints that wait for it.

    :raises NotFound: there is none with this id.
    """
    event = Event.objects.owned().filter(pk=event_id).first()
    if event is None:
        raise not_found("event", event_id)
    count_pending([event])
    return event


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return the events that tell of `ids`, and what the events among `ids` tell of."""
    # Two queries: joined by OR, neither of the indexes would do for many events of one object.
    telling = Event.objects.owned().filter(object_id__in=ids).order_by("object_id", "id")
    linked = set(telling.values_list("id", flat=True)[:limit])
    told = [one for one in ids if one.startswith("evt_")]
    if told:
        linked.update(Event.objects.owned().filter(pk__in=told).values_list("object_id", flat=True))
    return linked - {""}


def list_recorded(event_ids: Iterable[str]) -> QuerySet[Event]:
    """Return owner and type of events of the current environment, whoever owns them, in order."""
    rows = Event.objects.filter(pk__in=list(event_ids)).only("id", "account_id", "type")
    return rows.order_by("id")


def find_events(event_ids: Iterable[str]) -> dict[str, Event]:
    """Return events of the current environment by id, whoever owns them: they are to be sent."""
    found = Event.objects.in_bulk(list(event_ids))
    count_pending(found.values())
    return found


def find_owned_events(event_ids: Iterable[str]) -> dict[str, Event]:
    """Return events of the current account by id; others are left out."""
    found = Event.objects.owned().in_bulk(list(event_ids))
    count_pending(found.values())
    return found


def count_pending(events: Iterable[Event]) -> None:
    """Set `pending_webhooks` of each event, in one query."""
    by_id = {event.id: event for event in events}
    if by_id and _deliveries is not None:
        for event_id, count in _deliveries.count_pending(by_id).items():
            by_id[event_id].pending_webhooks = count


def oldest_in_outbox_at() -> datetime | None:
    """Return when the first event of the outbox was recorded; None if the outbox is empty."""
    return OutboxRow.objects.order_by("id").values_list("created_at", flat=True).first()
