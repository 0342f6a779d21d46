"""Use cases of webhooks: endpoints, and the delivery of events to them."""

from apps.webhooks.services.deliveries import deliver_due, dispatch, fan_out
from apps.webhooks.services.endpoints import create_endpoint, delete_endpoint, update_endpoint

__all__ = [
    "create_endpoint",
    "delete_endpoint",
    "deliver_due",
    "dispatch",
    "fan_out",
    "update_endpoint",
]
