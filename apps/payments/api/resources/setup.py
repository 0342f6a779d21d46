"""How what sets up a payment method for later payments looks on the wire."""

from apps.api.registry import ResourceType, Wire
from apps.core.clock import to_unix
from apps.payments.api.resources.shared import (
    CUSTOMER,
    finder,
    livemode,
    public_error,
    without_empty,
)
from apps.payments.models import SetupAttempt, SetupIntent

# What a browser may see: enough to set a payment method up, nothing of the merchant's own notes.
PUBLIC_FIELDS = (
    "id",
    "object",
    "automatic_payment_methods",
    "cancellation_reason",
    "client_secret",
    "created",
    "description",
    "last_setup_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "status",
    "usage",
)


def render_setup_intent(intent: SetupIntent) -> Wire:
    """Return the wire's setup_intent."""
    shown = {
        "id": intent.id,
        "object": "setup_intent",
        "allowed_payment_method_types": intent.allowed_payment_method_types,
        "application": None,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "cancellation_reason": intent.cancellation_reason,
        "client_secret": intent.client_secret,
        "created": to_unix(intent.created_at),
        "customer": intent.customer_id,
        "customer_account": None,
        "description": intent.description,
        "excluded_payment_method_types": intent.excluded_payment_method_types,
        "flow_directions": intent.flow_directions,
        "last_setup_error": without_empty(intent.last_setup_error),
        "latest_attempt": intent.latest_attempt_id,
        "livemode": livemode(),
        "managed_payments": None,
        "mandate": intent.mandate_id,
        "metadata": intent.metadata,
        "next_action": intent.next_action,
        "on_behalf_of": None,
        "payment_method": intent.payment_method_id,
        "payment_method_configuration_details": None,
        "payment_method_options": _options(intent),
        "payment_method_types": intent.payment_method_types,
        "single_use_mandate": intent.single_use_mandate_id,
        "status": intent.status,
        "usage": intent.usage,
    }
    return {**shown, "attach_to_self": True} if intent.attach_to_self else shown


def render_public_setup_intent(intent: SetupIntent) -> Wire:
    """Return what a publishable key sees of a SetupIntent."""
    shown = render_setup_intent(intent)
    public = {name: shown[name] for name in PUBLIC_FIELDS}
    public["last_setup_error"] = public_error(public["last_setup_error"])
    return public


def render_setup_attempt(attempt: SetupAttempt) -> Wire:
    """Return the wire's setup_attempt."""
    return {
        "id": attempt.id,
        "object": "setup_attempt",
        "application": None,
        "created": to_unix(attempt.created_at),
        "customer": attempt.customer_id,
        "customer_account": None,
        "flow_directions": None,
        "livemode": livemode(),
        "on_behalf_of": None,
        "payment_method": attempt.payment_method_id,
        "payment_method_details": attempt.payment_method_details,
        "setup_error": without_empty(attempt.setup_error),
        "setup_intent": attempt.setup_intent_id,
        "status": attempt.status,
        "usage": attempt.usage,
    }


def _options(intent: SetupIntent) -> Wire:
    given = intent.payment_method_options or {}
    card = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    if "card" not in intent.payment_method_types:
        return given
    return {**given, "card": {**card, **given.get("card", {})}}


RESOURCES = (
    ResourceType(
        prefix="seti",
        name="setup_intent",
        model=SetupIntent,
        render=render_setup_intent,
        render_public=render_public_setup_intent,
        find_many=finder(SetupIntent),
        expandable={
            **CUSTOMER,
            "latest_attempt": ("setup_attempt",),
            "mandate": ("mandate",),
            "payment_method": ("payment_method",),
            "single_use_mandate": ("mandate",),
        },
    ),
    ResourceType(
        prefix="setatt",
        name="setup_attempt",
        model=SetupAttempt,
        render=render_setup_attempt,
        find_many=finder(SetupAttempt),
        expandable={
            **CUSTOMER,
            "payment_method": ("payment_method",),
            "setup_intent": ("setup_intent",),
        },
    ),
)
