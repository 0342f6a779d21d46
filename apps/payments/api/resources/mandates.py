"""How a mandate looks on the wire."""

from apps.api.registry import ResourceType, Wire
from apps.payments.api.resources.shared import finder, livemode
from apps.payments.models import Mandate


def render_mandate(mandate: Mandate) -> Wire:
    """Return the wire's mandate."""
    shown = {
        "id": mandate.id,
        "object": "mandate",
        "customer_acceptance": mandate.customer_acceptance,
        "livemode": livemode(),
        "payment_method": mandate.payment_method_id,
        "payment_method_details": mandate.payment_method_details,
        "status": mandate.status,
        "type": mandate.type,
    }
    return {**shown, mandate.type: mandate.single_use or {}}


RESOURCES = (
    ResourceType(
        prefix="mandate",
        name="mandate",
        model=Mandate,
        render=render_mandate,
        find_many=finder(Mandate),
        expandable={"payment_method": ("payment_method",)},
    ),
)
