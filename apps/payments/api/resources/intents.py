"""How a payment intent looks on the wire."""

from typing import Any

from apps.api.registry import ResourceType, Wire
from apps.core.clock import to_unix
from apps.payments.api.resources.shared import CUSTOMER, finder, livemode, without_metadata
from apps.payments.models import PaymentIntent

# What a browser may see of an intent: enough to pay it, nothing of the merchant's own notes.
PUBLIC_FIELDS = (
    "id",
    "object",
    "amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "status",
)


def render_payment_intent(intent: PaymentIntent) -> Wire:
    """Return the wire's payment_intent."""
    return {
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": intent.amount_minor,
        "amount_capturable": intent.amount_capturable_minor,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount_received_minor,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "canceled_at": to_unix(intent.canceled_at) if intent.canceled_at else None,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": intent.confirmation_method,
        "created": to_unix(intent.created_at),
        "currency": intent.currency,
        "customer": intent.customer_id,
        "customer_account": None,
        "description": intent.description,
        "excluded_payment_method_types": None,
        "last_payment_error": _without_empty(intent.last_payment_error),
        "latest_charge": intent.latest_charge_id,
        "livemode": livemode(),
        "managed_payments": None,
        "metadata": intent.metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": intent.payment_method_id,
        "payment_method_configuration_details": None,
        "payment_method_options": _options(intent),
        "payment_method_types": intent.payment_method_types,
        "payment_record": None,
        "processing": None,
        "receipt_email": intent.receipt_email,
        "review": None,
        "setup_future_usage": intent.setup_future_usage,
        "shipping": intent.shipping,
        "source": None,
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix,
        "status": intent.status,
        "transfer_data": None,
        "transfer_group": intent.transfer_group,
    }


def render_public_intent(intent: PaymentIntent) -> Wire:
    """Return what a publishable key sees of an intent."""
    shown = render_payment_intent(intent)
    public = {name: shown[name] for name in PUBLIC_FIELDS}
    error = public["last_payment_error"]
    if error is not None:
        method = without_metadata(error["payment_method"])
        public["last_payment_error"] = {**error, "payment_method": method}
    return public


def _options(intent: PaymentIntent) -> Wire:
    given = (intent.payment_method_options or {}).get("card") or {}
    card = {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
    return {"card": {**card, **given}}


def _without_empty(error: dict[str, Any] | None) -> Wire | None:
    if error is None:
        return None
    return {name: value for name, value in error.items() if value is not None}


RESOURCES = (
    ResourceType(
        prefix="pi",
        name="payment_intent",
        model=PaymentIntent,
        render=render_payment_intent,
        render_public=render_public_intent,
        find_many=finder(PaymentIntent),
        expandable={
            **CUSTOMER,
            "latest_charge": ("charge",),
            "payment_method": ("payment_method",),
        },
    ),
)
