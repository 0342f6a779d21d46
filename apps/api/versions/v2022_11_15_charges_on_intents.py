"""2022-11-15: a PaymentIntent names its latest charge, and a charge has its refunds by `expand`.

Before, a PaymentIntent had the list of its charges, `charges`, and a charge that of its refunds.
"""

from apps.api import registry
from apps.api.registry import Wire
from apps.api.versions.change import Change, Found, collect


def apply(found: Found) -> None:
    """Add the lists."""
    intents = [one for one in found.get("payment_intent", []) if "charges" not in one]
    registry.fill_old_list(intents, "charges")
    _leave_out_what_came_later(found)
    charges = found.setdefault("charge", [])
    for intent in intents:
        charges += intent.get("charges", {}).get("data", [])
    without = [one for one in charges if one.get("refunds") is None and "deleted" not in one]
    registry.fill_old_list(without, "refunds")


def _leave_out_what_came_later(found: Found) -> None:
    """Let the PaymentIntent of an event have no charge that was made after it."""
    for event in found.get("event", []):
        for intent in collect(event["data"]["object"]).get("payment_intent", []):
            charges: Wire = intent.get("charges", {"data": []})
            charges["data"] = [one for one in charges["data"] if one["created"] <= event["created"]]
            if "total_count" in charges:
                charges["total_count"] = len(charges["data"])


CHANGE = Change(
    before="2022-11-15",
    about="`charges` of a PaymentIntent and `refunds` of a charge are lists that are always there.",
    objects=("payment_intent", "charge"),
    apply=apply,
)
