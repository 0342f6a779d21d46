"""How a change of a customer's credit looks on the wire."""

from apps.api.registry import ResourceType

RESOURCES: tuple[ResourceType, ...] = ()
