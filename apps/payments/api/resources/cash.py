"""How the cash of a customer looks on the wire."""

from apps.api.registry import ResourceType

RESOURCES: tuple[ResourceType, ...] = ()
