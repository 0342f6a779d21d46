"""How the settings of a balance look on the wire."""

from apps.api.registry import ResourceType

RESOURCES: tuple[ResourceType, ...] = ()
