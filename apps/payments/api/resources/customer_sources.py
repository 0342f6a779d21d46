"""How the cards and bank accounts of a customer look on the wire."""

from apps.api.registry import ResourceType

RESOURCES: tuple[ResourceType, ...] = ()
