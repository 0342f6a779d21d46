"""How a tax id looks on the wire."""

from apps.api.registry import ResourceType

RESOURCES: tuple[ResourceType, ...] = ()
